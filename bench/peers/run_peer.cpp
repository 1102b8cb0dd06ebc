#include <ebb/bench/peers/scenario.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string_view>
#include <utility>

namespace ebb::bench::peers {
namespace {

template <class Key>
using function = void (*)(const scenario<Key>&);

template <class Key>
constexpr std::array<std::pair<std::string_view, function<Key>>, 16> scenarios{{
    {"growth", &run_growth<Key>},
    {"shrinking", [](const scenario<Key>& s) { run_shrinking(s, false); }},
    {"trimmed", [](const scenario<Key>& s) { run_shrinking(s, true); }},
    {"latency", &run_latency<Key>},
    {"saw-tooth", &run_saw_tooth<Key>},
    {"eighths", [](const scenario<Key>& s) { run_eighths(s, false); }},
    {"eighths-held", [](const scenario<Key>& s) { run_eighths(s, true); }},
    {"count-insert", &count_insert<Key>},
    {"count-hit", [](const scenario<Key>& s) { count_sight(s, seen::hit); }},
    {"count-miss", [](const scenario<Key>& s) { count_sight(s, seen::miss); }},
    {"count-erase", &count_erase<Key>},
    {"count-iterate", [](const scenario<Key>& s) { count_sight(s, seen::iterating); }},
    {"insert", &run_insert<Key>},
    {"lookups", &run_lookups<Key>},
    {"erase", &run_erase<Key>},
    {"copy", &run_copy<Key>},
}};

int usage() {
    std::fputs("a peer's program, run by `bench/run maps`: describe, or SCENARIO "
               "random|sequential|string COUNT VALUE_BYTES [OPERATIONS]\n",
               stderr);
    return 2;
}

template <class Number>
bool read(const char* text, Number& n) {
    const char* const end = text + std::strlen(text);
    const auto [stop, error] = std::from_chars(text, end, n);
    return error == std::errc() && stop == end && n > 0;
}

template <class Key>
int run(std::string_view name, const scenario<Key>& s) {
    if (s.make() == nullptr) {
        return usage();
    }
    if (name == "trace") {
        run_trace(s);
        return 0;
    }
    for (const auto& [known, go] : scenarios<Key>) {
        if (known == name) {
            go(s);
            return 0;
        }
    }
    return usage();
}

} // namespace

int run_peer(int argc, char** argv, const char* label, const char* version, const peer& maps) {
    if (argc == 2 && std::strcmp(argv[1], "describe") == 0) {
        std::printf("%s\t%s\n", label, version);
        return std::fflush(stdout) == 0 ? 0 : 1;
    }
    std::size_t count = 0;
    std::size_t value_bytes = 0;
    std::size_t operations = 1;
    const auto kind = argc > 2 ? key_kind_of(argv[2]) : std::nullopt;
    if ((argc != 5 && argc != 6) || !kind || !read(argv[3], count) || !read(argv[4], value_bytes) ||
        (argc == 6 && !read(argv[5], operations))) {
        return usage();
    }
    try {
        if (*kind == key_kind::string) {
            return run(argv[1], scenario<std::string>{maps, *kind, count, value_bytes, operations});
        }
        return run(argv[1], scenario<std::int64_t>{maps, *kind, count, value_bytes, operations});
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", label, error.what());
        return 1;
    }
}

} // namespace ebb::bench::peers
