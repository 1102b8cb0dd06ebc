// untouched: a block of so many MiB is taken, its first byte written, and given back.
// touched: the same with a byte written on each of its pages of 4 KiB; a time is of a page.
// calloc: one block a pair; a malloc that knows fresh pages for zero needn't write them.
// realloc: a block grows from 16 bytes to 1 MiB by doubling, or to so many KiB by an eighth (as
// vectors and strings do); a time is of one step. Growths to 16 MiB and more aren't warmed up.
#include <ebb/bench/suites/malloc/blocks.h>

#include <algorithm>

namespace ebb::bench {
namespace {

void untouched(benchmark::State& state) {
    const auto bytes = static_cast<std::size_t>(state.range(0)) << 20;
    repeat(state, [bytes] { std::free(take(bytes)); });
}
BENCHMARK(untouched)->Arg(64)->Apply(in_micro_suite);

void touched(benchmark::State& state) {
    const auto bytes = static_cast<std::size_t>(state.range(0)) << 20;
    repeat(state, [bytes] {
        auto* const block = static_cast<volatile char*>(take(bytes));
        for (std::size_t at = 4096; at < bytes; at += 4096) {
            block[at] = 1;
        }
        std::free(const_cast<char*>(block));
    });
    set_operations(state, static_cast<double>(bytes) / 4096);
}
BENCHMARK(touched)->Arg(64)->Apply(in_micro_suite);

void zeroed(benchmark::State& state) {
    const auto bytes = static_cast<std::size_t>(state.range(0));
    repeat(state, [bytes] {
        void* p = std::calloc(1, bytes);
        asm volatile("" : "+r"(p) : : "memory");
        *static_cast<volatile char*>(p) = 1;
        std::free(p);
    });
}
BENCHMARK(zeroed)->Arg(256)->Arg(65536)->Arg(1 << 20)->Apply(in_micro_suite);

template <class Next>
void grow(benchmark::State& state, std::size_t most, Next&& next) {
    // The first growth to so much touches its pages for the first time, and that is to count.
    constexpr std::size_t least_with_first_touch = std::size_t{16} << 20;
    const auto warm_up = most < least_with_first_touch ? state.max_iterations / 10 + 1 : 0;
    double steps = 0;
    repeat_after(state, warm_up, [&] {
        steps = 0;
        void* p = take(16);
        for (std::size_t bytes = 16; bytes < most; ++steps) {
            const std::size_t more = next(bytes);
            p = std::realloc(p, more);
            asm volatile("" : "+r"(p) : : "memory");
            static_cast<volatile char*>(p)[bytes] = 1;
            bytes = more;
        }
        std::free(p);
    });
    set_operations(state, steps);
}

void realloc_doubling(benchmark::State& state) {
    grow(state, std::size_t{1} << 20, [](std::size_t bytes) { return bytes * 2; });
}
BENCHMARK(realloc_doubling)->Apply(in_micro_suite);

void realloc_eighth(benchmark::State& state) {
    const std::size_t most = static_cast<std::size_t>(state.range(0)) << 10;
    // The last step ends there: a growth to 256 MiB takes 256 MiB.
    grow(state, most, [most](std::size_t bytes) { return std::min(bytes + bytes / 8, most); });
}
BENCHMARK(realloc_eighth)->Arg(256)->Arg(1024)->Arg(16384)->Arg(262144)->Apply(in_micro_suite);

} // namespace
} // namespace ebb::bench
