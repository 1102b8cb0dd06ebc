// bench_malloc_micro: the micro suites of `bench/run malloc`, on whatever malloc answers here.
//
//     bench_malloc_micro [MALLOC LIBRARY] [Google Benchmark's options]
//
// With two words it runs only where MALLOC of that library answers (verify.h).
// Exit: 0 measured, 2 usage, 3 another malloc answers.
#include <ebb/bench/mallocs/verify.h>

#include <benchmark/benchmark.h>

#include <cstdio>
#include <string>

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (argc == 3) {
        const std::string wrong = ebb::bench::verify_malloc(argv[1], argv[2]);
        if (!wrong.empty()) {
            std::fprintf(stderr, "bench_malloc_micro: %s\n", wrong.c_str());
            return 3;
        }
    } else if (argc != 1) {
        std::fprintf(stderr, "bench_malloc_micro: takes MALLOC LIBRARY or nothing, and "
                             "--benchmark_... options\n");
        return 2;
    }
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
