// bench_malloc_cell: one scenario of the malloc suite in a process of its own, with the malloc
// preloaded; or, itself without it, one program under it.
//
//     bench_malloc_cell start|after-large|exact|check MALLOC LIBRARY
//     bench_malloc_cell after-peak MALLOC LIBRARY COUNT LEAST MOST
//     bench_malloc_cell saw-tooth MALLOC LIBRARY TEETH
//     bench_malloc_cell grow MALLOC LIBRARY MEGABYTES
//     bench_malloc_cell teeth MALLOC LIBRARY TEETH PERIOD_MS
//     bench_malloc_cell launch LIBRARY WORDS...
//     bench_malloc_cell serve LIBRARY SOCKET WORDS... -- CLIENT...
//
// `check` measures nothing and prints `ledger`: 1 when LIBRARY has ebb_heap_ledger, else 0.
//
// Exit: 0 measured, 1 failed, 2 usage, 3 another malloc than LIBRARY's answers.
#include <ebb/bench/malloc/launch.h>
#include <ebb/bench/malloc/scenarios.h>
#include <ebb/bench/mallocs/verify.h>
#include <ebb/bench/process/figure.h>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

namespace {

using namespace ebb::bench::suite; // NOLINT: a program's own file

int usage() {
    std::fputs("bench_malloc_cell: run by `bench/run malloc`: SCENARIO MALLOC LIBRARY [NUMBER...], "
               "launch LIBRARY WORDS... or serve LIBRARY SOCKET WORDS... -- CLIENT...\n",
               stderr);
    return 2;
}

bool number(const char* text, std::uint32_t& n) {
    const char* const end = text + std::strlen(text);
    const auto [stop, error] = std::from_chars(text, end, n);
    return error == std::errc() && stop == end && n != 0;
}

int serve(int argc, char** argv) {
    for (int i = 4; i + 1 < argc; ++i) {
        if (std::strcmp(argv[i], "--") == 0 && i > 4) {
            argv[i] = nullptr;
            return launch(argv[2], argv + 4, argv[3], argv + i + 1);
        }
    }
    return usage();
}

// False when there is no such scenario. Nothing is allocated before its first figure.
bool run(std::string_view name, int count, const std::uint32_t* n) {
    if (name == "start" && count == 0) {
        run_start();
    } else if (name == "after-large" && count == 0) {
        run_after_large();
    } else if (name == "exact" && count == 0) {
        run_exactness();
    } else if (name == "after-peak" && count == 3 && n[1] <= n[2]) {
        run_after_peak(n[0], {n[1], n[2]});
    } else if (name == "saw-tooth" && count == 1) {
        run_saw_tooth(n[0]);
    } else if (name == "grow" && count == 1) {
        run_growth(n[0]);
    } else if (name == "teeth" && count == 2) {
        run_teeth(n[0], n[1]);
    } else if (name == "check" && count == 0) {
        // What follows every scenario is all that it does.
    } else {
        return false;
    }
    return true;
}

} // namespace

int main(int argc, char** argv) {
    // A buffer of our own: stdio would take one from the malloc that is measured.
    static char buffer[8192];
    std::setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    if (argc < 4) {
        return usage();
    }
    const std::string_view name = argv[1];
    if (name == "launch") {
        return launch(argv[2], argv + 3, nullptr, nullptr);
    }
    if (name == "serve") {
        return serve(argc, argv);
    }
    std::uint32_t numbers[3] = {};
    if (argc > 7) {
        return usage();
    }
    for (int i = 4; i < argc; ++i) {
        if (!number(argv[i], numbers[i - 4])) {
            return usage();
        }
    }
    if (!run(name, argc - 4, numbers)) {
        return usage();
    }
    // Afterwards: what verifying takes must not count as the scenario's.
    const std::string wrong = ebb::bench::verify_malloc(argv[2], argv[3]);
    if (!wrong.empty()) {
        std::fprintf(stderr, "bench_malloc_cell: %s\n", wrong.c_str());
        return 3;
    }
    if (name == "check") {
        ebb::bench::print_figure("ledger", ebb::bench::has_ledger(argv[3]) ? 1 : 0);
    }
    return 0;
}
