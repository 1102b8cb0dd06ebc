// What the micro suites share: blocks that the compiler can't see through, what is measured of
// them.
#pragma once

#include <ebb/bench/process/marks.h>
#include <ebb/bench/random_sizes.h>

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <utility>
#include <vector>

namespace ebb::bench {

/// malloc, and the first byte written as any program would. The compiler may not pair it with a
/// free and drop both.
inline void* take(std::size_t bytes, unsigned char first = 1) {
    void* p = std::malloc(bytes);
    asm volatile("" : "+r"(p) : : "memory");
    if (p == nullptr) {
        std::abort();
    }
    *static_cast<volatile unsigned char*>(p) = first;
    return p;
}

/// The row's operations in one iteration: the suite divides the iteration's time by it.
inline void set_operations(benchmark::State& state, double an_iteration) {
    state.counters["operations"] =
        benchmark::Counter(an_iteration, benchmark::Counter::kAvgThreads);
}

/// The benchmarks that a command line's number of iterations is for.
inline std::vector<benchmark::internal::Benchmark*>& micro_suite() {
    static std::vector<benchmark::internal::Benchmark*> all;
    return all;
}

/// For Apply: adds a benchmark to micro_suite.
inline void in_micro_suite(benchmark::internal::Benchmark* b) {
    micro_suite().push_back(b);
}

/// The body of a benchmark: `one` is the operation, timed and counted in one go, so that neither
/// the clock's nor Google Benchmark's own work lies between the marks. It runs `warm_up` times
/// before: what is measured is the state that a program reaches.
template <class Operation>
void repeat_after(benchmark::State& state, benchmark::IterationCount warm_up, Operation&& one) {
    for (benchmark::IterationCount i = 0; i < warm_up; ++i) {
        one();
    }
    const benchmark::IterationCount count = state.max_iterations;
    while (state.KeepRunningBatch(count)) {
        begin_counting();
        for (benchmark::IterationCount i = 0; i < count; ++i) {
            one();
        }
        state.counters["page_faults"] = static_cast<double>(end_counting());
    }
}

/// The same after a tenth of the operations.
template <class Operation>
void repeat(benchmark::State& state, Operation&& one) {
    repeat_after(state, state.max_iterations / 10 + 1, std::forward<Operation>(one));
}

} // namespace ebb::bench
