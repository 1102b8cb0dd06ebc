// untouched: a block of so many MiB is taken, its first byte written, and given back.
// touched: the same with a byte written on each of its pages of 4 KiB; a time is of a page.
// calloc: one block a pair; a malloc that knows fresh pages for zero needn't write them.
// realloc: a block grows from 16 bytes to 1 MiB, by doubling or by an eighth (as vectors and
// strings do); a time is of one step.
#include <ebb/bench/suites/malloc/blocks.h>

namespace ebb::bench {
namespace {

void untouched(benchmark::State& state) {
    const auto bytes = static_cast<std::size_t>(state.range(0)) << 20;
    for (auto _ : state) {
        std::free(take(bytes));
    }
}
BENCHMARK(untouched)->Arg(64);

void touched(benchmark::State& state) {
    const auto bytes = static_cast<std::size_t>(state.range(0)) << 20;
    for (auto _ : state) {
        auto* const block = static_cast<volatile char*>(take(bytes));
        for (std::size_t at = 4096; at < bytes; at += 4096) {
            block[at] = 1;
        }
        std::free(const_cast<char*>(block));
    }
    set_operations(state, static_cast<double>(bytes / 4096));
}
BENCHMARK(touched)->Arg(64);

void zeroed(benchmark::State& state) {
    const auto bytes = static_cast<std::size_t>(state.range(0));
    for (auto _ : state) {
        void* p = std::calloc(1, bytes);
        asm volatile("" : "+r"(p) : : "memory");
        *static_cast<volatile char*>(p) = 1;
        std::free(p);
    }
}
BENCHMARK(zeroed)->Arg(256)->Arg(65536)->Arg(1 << 20);

template <class Next>
void grow(benchmark::State& state, Next&& next) {
    double steps = 0;
    for (auto _ : state) {
        steps = 0;
        void* p = take(16);
        for (std::size_t bytes = 16; bytes < (1 << 20); ++steps) {
            const std::size_t more = next(bytes);
            p = std::realloc(p, more);
            asm volatile("" : "+r"(p) : : "memory");
            static_cast<volatile char*>(p)[bytes] = 1;
            bytes = more;
        }
        std::free(p);
    }
    set_operations(state, steps);
}

void realloc_doubling(benchmark::State& state) {
    grow(state, [](std::size_t bytes) { return bytes * 2; });
}
BENCHMARK(realloc_doubling);

void realloc_eighth(benchmark::State& state) {
    grow(state, [](std::size_t bytes) { return bytes + bytes / 8; });
}
BENCHMARK(realloc_eighth);

} // namespace
} // namespace ebb::bench
