#include <ebb/bench/mallocs/verify.h>
#include <ebb/bench/maps/cell_program.h>

#include <charconv>
#include <cstdio>
#include <new>
#include <optional>
#include <string>
#include <string_view>

namespace ebb::bench {
namespace {

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t n = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(n)
                                                                    : std::nullopt;
}

template <class Names>
auto named(const Names& names, std::string_view name) -> std::optional<typename Names::value_type> {
    for (const auto value : names) {
        if (name_of(value) == name) {
            return value;
        }
    }
    return std::nullopt;
}

std::optional<cell> parse(int argc, char** argv) {
    if (argc != 6 && argc != 7) {
        return std::nullopt;
    }
    const auto way = named(all_layouts, argv[1]);
    const auto when = named(all_reclaims, argv[3]);
    const auto count = number(argv[4]);
    const auto value_bytes = number(argv[5]);
    if (!way || !when || !count || !value_bytes) {
        return std::nullopt;
    }
    for (const std::size_t known : all_value_bytes) {
        const cell c{*way, argv[2], *when, *count, known};
        if (known == *value_bytes && on_a_malloc(c) == (argc == 7)) {
            return c;
        }
    }
    return std::nullopt;
}

} // namespace

void keep_stdio_off_the_malloc() {
    static char buffer[8192];
    std::setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
}

int cell_main(int argc, char** argv, bool (*runs)(const cell&),
              void (*measure)(const cell&, const record_sink&)) {
    const auto c = parse(argc, argv);
    if (!c || !runs(*c)) {
        std::fputs("ebb-cell: run by `ebb maps`: LAYOUT MALLOC RECLAIM COUNT VALUE_BYTES "
                   "[LIBRARY]\n",
                   stderr);
        return 2;
    }
    if (on_a_malloc(*c)) {
        const std::string wrong = verify_malloc(c->malloc, argv[6]);
        if (!wrong.empty()) {
            std::fprintf(stderr, "ebb-cell: %s\n", wrong.c_str());
            return 3;
        }
    }
    try {
        measure(*c, [](const record& r) {
            std::puts(to_line(r).c_str());
            std::fflush(stdout);
        });
    } catch (const std::bad_alloc&) {
        std::fputs("ebb-cell: out of memory\n", stderr);
        return 1;
    }
    return 0;
}

} // namespace ebb::bench
