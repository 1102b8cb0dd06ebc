// churn: in a working set a random block is replaced by one of another size.
// live: the same with a heap that holds so many megabytes. The blocks are reached at random, so
// that a large heap's row holds the machine's cache misses, too: the same for every malloc.
#include <ebb/bench/suites/malloc/blocks.h>

namespace ebb::bench {
namespace {

constexpr std::size_t sizes_count = 1 << 16;

// The operation that is timed. The sizes were drawn before.
template <class Sizes>
void replace_at_random(benchmark::State& state, std::vector<void*>& set, const Sizes& sizes) {
    quick_random random(2);
    std::size_t at = 0;
    repeat(state, [&] {
        // The high half of a product: a division would cost as much as the malloc.
        const std::size_t index = ((random() >> 32) * set.size()) >> 32;
        std::free(set[index]);
        set[index] = take(sizes[at++ % sizes_count]);
    });
}

void churn(benchmark::State& state) {
    const auto sizes = log_uniform(sizes_count, 16, 4096);
    std::vector<void*> set(static_cast<std::size_t>(state.range(0)));
    for (std::size_t i = 0; i < set.size(); ++i) {
        set[i] = take(sizes[i % sizes_count]);
    }
    replace_at_random(state, set, sizes);
    for (void* const p : set) {
        std::free(p);
    }
}
BENCHMARK(churn)->Arg(1000)->Arg(100'000)->Apply(in_micro_suite);

// Filled once a process: Google Benchmark calls a benchmark several times to find its iterations.
void live(benchmark::State& state) {
    static const auto sizes = log_uniform(sizes_count, 64, 16384);
    static std::vector<void*> set;
    if (set.empty()) {
        auto left = state.range(0) << 20;
        for (std::size_t i = 0; left > 0; ++i) {
            const std::uint32_t bytes = sizes[i % sizes_count];
            set.push_back(take(bytes));
            // Resident, as a heap in use is: a byte a page.
            for (std::size_t at = 4096; at < bytes; at += 4096) {
                static_cast<char*>(set.back())[at] = 1;
            }
            left -= bytes;
        }
    }
    replace_at_random(state, set, sizes);
}
BENCHMARK(live)->Arg(1)->Arg(64)->Arg(1024)->Arg(4096)->Apply(in_micro_suite);

} // namespace
} // namespace ebb::bench
