// bench_malloc_micro: the micro suites of `bench/run malloc`, on whatever malloc answers here.
//
//     bench_malloc_micro [MALLOC LIBRARY [ITERATIONS]] [Google Benchmark's options]
//
// With two words it runs only where MALLOC of that library answers (verify.h). With ITERATIONS each
// benchmark repeats its operation so often, and is called NAME/iterations:ITERATIONS; without them
// Google Benchmark looks for a number that takes a while.
// Exit: 0 measured, 2 usage, 3 another malloc answers.
#include <ebb/bench/mallocs/verify.h>
#include <ebb/bench/suites/malloc/blocks.h>

#include <benchmark/benchmark.h>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <string>

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    benchmark::IterationCount iterations = 0;
    if (argc == 4) {
        const char* const end = argv[3] + std::strlen(argv[3]);
        const auto [stop, error] = std::from_chars(argv[3], end, iterations);
        if (error != std::errc() || stop != end || iterations <= 0) {
            std::fprintf(stderr, "bench_malloc_micro: %s: not a number of iterations\n", argv[3]);
            return 2;
        }
        for (benchmark::internal::Benchmark* const b : ebb::bench::micro_suite()) {
            b->Iterations(iterations);
        }
    }
    if (argc == 3 || argc == 4) {
        const std::string wrong = ebb::bench::verify_malloc(argv[1], argv[2]);
        if (!wrong.empty()) {
            std::fprintf(stderr, "bench_malloc_micro: %s\n", wrong.c_str());
            return 3;
        }
    } else if (argc != 1) {
        std::fprintf(stderr,
                     "bench_malloc_micro: takes MALLOC LIBRARY [ITERATIONS] or nothing, and "
                     "--benchmark_... options\n");
        return 2;
    }
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
