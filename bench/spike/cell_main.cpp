#include <ebb/bench/mallocs/verify.h>
#include <ebb/bench/spike/cell.h>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <new>

namespace ebb::bench {
namespace {

bool parse(char** words, spike_cell& c) {
    bool known = false;
    for (const spike_layout l : all_spike_layouts) {
        if (name_of(l) == words[0]) {
            c.way = l;
            known = true;
        }
    }
    c.malloc = words[1];
    std::uint64_t bytes = 0;
    std::uint64_t* const numbers[] = {&c.load.days, &c.load.peak, &c.load.every, &c.load.seed,
                                      &bytes};
    for (std::size_t i = 0; i < 5; ++i) {
        const char* const word = words[2 + i];
        const char* const end = word + std::strlen(word);
        const auto [at, error] = std::from_chars(word, end, *numbers[i]);
        known = known && error == std::errc() && at == end;
    }
    bool size = false;
    for (const std::size_t one : all_spike_value_bytes) {
        size = size || one == bytes;
    }
    c.load.value_bytes = bytes;
    return known && size && c.load.every != 0;
}

} // namespace

int spike_main(int argc, char** argv) {
    spike_cell c;
    const bool parsed = (argc == 9 || argc == 10) && parse(argv + 2, c);
    const bool library = c.malloc != "go" && c.malloc != "pages";
    if (!parsed || library != (argc == 10)) {
        std::fputs("ebb-cell: run by `ebb spike`: spike LAYOUT MALLOC DAYS PEAK EVERY SEED "
                   "VALUE_BYTES [LIBRARY]\n",
                   stderr);
        return 2;
    }
    if (library) {
        const std::string wrong = verify_malloc(c.malloc, argv[9]);
        if (!wrong.empty()) {
            std::fprintf(stderr, "ebb-cell: %s\n", wrong.c_str());
            return 3;
        }
    }
    const spike_sink print = [](const spike_sample& s) {
        std::puts(to_line(s).c_str());
        std::fflush(stdout);
    };
    try {
        (c.way == spike_layout::hash_map ? run_spike_on_pages
         : c.malloc == "go"              ? run_spike_on_go_heap
                                         : run_spike_on_malloc)(c, print);
    } catch (const std::bad_alloc&) {
        std::fputs("ebb-cell: out of memory\n", stderr);
        return 1;
    }
    return 0;
}

} // namespace ebb::bench
