// What loops of one size hide: the branches that depend on a program's data. Sizes and first bytes
// come from tables that are longer than what a branch predictor remembers, and are drawn before the
// clock runs.
//
// pair_...: one block is taken, written and given back; its size, or its first byte, is random.
// window_...: of 4,096 blocks a random one is replaced, by one of random size and first byte.
// cold_free: blocks are freed in random order, when the processor's caches have long forgotten
// them. As many are taken before as there are iterations.
#include <ebb/bench/suites/malloc/blocks.h>

#include <algorithm>
#include <array>

namespace ebb::bench {
namespace {

constexpr std::size_t table_entries = std::size_t{1} << 18;
constexpr benchmark::IterationCount most_cold_blocks = 10'000'000;

using size_table = std::vector<std::uint16_t>;
using byte_table = std::vector<unsigned char>;

size_table sixty_or_sixty_four() {
    quick_random random(3);
    size_table sizes(table_entries);
    std::generate(sizes.begin(), sizes.end(), [&] { return (random() >> 40) % 2 == 0 ? 60 : 64; });
    return sizes;
}

size_table log_uniform_sizes(double least, double most) {
    const auto wide = log_uniform(table_entries, least, most, 5);
    return {wide.begin(), wide.end()};
}

// Zero in every second block, as in many a program's: a malloc that keeps a mark in free blocks
// must tell them from those. A byte that is zero in one of 256 could be guessed.
byte_table first_bytes() {
    quick_random random(6);
    byte_table bytes(table_entries);
    std::generate(bytes.begin(), bytes.end(), [&] {
        const std::uint64_t r = random();
        return static_cast<unsigned char>(r >> 63 == 0 ? 0 : 1 + (r & 0xffff) % 255);
    });
    return bytes;
}

void run_pairs(benchmark::State& state, const size_table& sizes) {
    std::size_t at = 0;
    repeat(state, [&] { std::free(take(sizes[at++ % table_entries])); });
}

void pair_two_sizes(benchmark::State& state) {
    run_pairs(state, sixty_or_sixty_four());
}
BENCHMARK(pair_two_sizes)->Apply(in_micro_suite);

void pair_small(benchmark::State& state) {
    run_pairs(state, uniform(table_entries, 8, 128));
}
BENCHMARK(pair_small)->Apply(in_micro_suite);

void pair_mixed(benchmark::State& state) {
    run_pairs(state, log_uniform_sizes(16, 4096));
}
BENCHMARK(pair_mixed)->Apply(in_micro_suite);

void pair_first_byte(benchmark::State& state) {
    const auto bytes = static_cast<std::size_t>(state.range(0));
    const byte_table first = first_bytes();
    std::size_t at = 0;
    repeat(state, [&] { std::free(take(bytes, first[at++ % table_entries])); });
}
BENCHMARK(pair_first_byte)->Arg(64)->Apply(in_micro_suite);

void run_window(benchmark::State& state, const size_table& sizes) {
    constexpr std::size_t blocks = 4096;
    const byte_table first = first_bytes();
    std::array<void*, blocks> window{};
    quick_random random(7);
    std::size_t at = 0;
    for (void*& p : window) {
        p = take(sizes[at], first[at]);
        ++at;
    }
    repeat(state, [&] {
        void*& p = window[random() >> 52];
        std::free(p);
        const std::size_t next = at++ % table_entries;
        p = take(sizes[next], first[next]);
    });
    for (void* const p : window) {
        std::free(p);
    }
}

void window_small(benchmark::State& state) {
    run_window(state, uniform(table_entries, 8, 128));
}
BENCHMARK(window_small)->Apply(in_micro_suite);

void window_mixed(benchmark::State& state) {
    run_window(state, log_uniform_sizes(16, 4096));
}
BENCHMARK(window_mixed)->Apply(in_micro_suite);

void cold_free(benchmark::State& state) {
    if (state.max_iterations > most_cold_blocks) {
        state.SkipWithError("takes a block an iteration: tell it how many");
        return;
    }
    const auto bytes = static_cast<std::size_t>(state.range(0));
    std::vector<void*> blocks(static_cast<std::size_t>(state.max_iterations));
    std::generate(blocks.begin(), blocks.end(), [&] { return take(bytes); });
    quick_random random(8);
    for (std::size_t i = blocks.size(); i > 1; --i) {
        std::swap(blocks[i - 1], blocks[random() % i]);
    }
    std::size_t at = 0;
    repeat_after(state, 0, [&] { std::free(blocks[at++]); });
}
BENCHMARK(cold_free)->Arg(124)->Arg(128)->Apply(in_micro_suite);

} // namespace
} // namespace ebb::bench
