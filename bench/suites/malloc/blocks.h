// What the micro suites share: blocks that the compiler can't see through, sizes drawn at random.
#pragma once

#include <ebb/bench/process/marks.h>

#include <benchmark/benchmark.h>

#include <cmath>
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

/// A generator that costs a nanosecond: splitmix64 (Vigna).
class quick_random {
  public:
    explicit quick_random(std::uint64_t seed) : state_(seed) {}
    std::uint64_t operator()() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }

  private:
    std::uint64_t state_;
};

/// `count` sizes, log-uniform from `least` to `most`: every doubling is as likely as another.
inline std::vector<std::uint32_t> log_uniform(std::size_t count, double least, double most,
                                              std::uint64_t seed = 1) {
    quick_random random(seed);
    std::vector<std::uint32_t> sizes(count);
    for (std::uint32_t& size : sizes) {
        const double unit = static_cast<double>(random() >> 11) * 0x1p-53;
        size = static_cast<std::uint32_t>(least * std::exp(unit * std::log(most / least)));
    }
    return sizes;
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
