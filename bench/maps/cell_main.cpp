// ebb-cell: one cell of the table in a process of its own. `ebb maps` starts it, with the cell's
// malloc preloaded, and reads its records (record.h) from its standard output.
//
//     ebb-cell LAYOUT MALLOC RECLAIM COUNT VALUE_BYTES [LIBRARY]
//     ebb-cell spike ...          a cell of `ebb spike`: ../spike/cell.h
//
// Exit: 0 measured, 1 the memory ran out, 2 usage, 3 another malloc than LIBRARY's answers.
#include <ebb/bench/mallocs/verify.h>
#include <ebb/bench/maps/arenas.h>
#include <ebb/bench/spike/cell.h>

#include <charconv>
#include <cstdio>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <string_view>

namespace {

using namespace ebb::bench; // NOLINT: a program's own file

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
    const std::string malloc = argv[2];
    if (!way || !when || !count || !value_bytes || (malloc == "go") != (argc == 6)) {
        return std::nullopt;
    }
    for (const std::size_t known : all_value_bytes) {
        if (known == *value_bytes) {
            return cell{*way, malloc, *when, *count, known};
        }
    }
    return std::nullopt;
}

} // namespace

int main(int argc, char** argv) {
    // A buffer of our own: stdio would take one from the malloc that is measured.
    static char buffer[8192];
    std::setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    if (argc > 1 && std::string_view(argv[1]) == "spike") {
        return spike_main(argc, argv);
    }
    const auto c = parse(argc, argv);
    if (!c) {
        std::fputs("ebb-cell: run by `ebb maps`: LAYOUT MALLOC RECLAIM COUNT VALUE_BYTES "
                   "[LIBRARY]\n",
                   stderr);
        return 2;
    }
    if (c->malloc != "go") {
        const std::string wrong = verify_malloc(c->malloc, argv[6]);
        if (!wrong.empty()) {
            std::fprintf(stderr, "ebb-cell: %s\n", wrong.c_str());
            return 3;
        }
    }
    const record_sink print = [](const record& r) {
        std::puts(to_line(r).c_str());
        std::fflush(stdout);
    };
    try {
        (c->malloc == "go"               ? run_on_go_heap
         : c->when == reclaim::collected ? run_collected
                                         : run_at_once)(*c, print);
    } catch (const std::bad_alloc&) {
        std::fputs("ebb-cell: out of memory\n", stderr);
        return 1;
    }
    return 0;
}
