// What the micro suites share: blocks that the compiler can't see through, sizes drawn at random.
#pragma once

#include <benchmark/benchmark.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace ebb::bench {

/// malloc, and the first byte written as any program would. The compiler may not pair it with a
/// free and drop both.
inline void* take(std::size_t bytes) {
    void* p = std::malloc(bytes);
    asm volatile("" : "+r"(p) : : "memory");
    if (p == nullptr) {
        std::abort();
    }
    *static_cast<volatile char*>(p) = 1;
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

} // namespace ebb::bench
