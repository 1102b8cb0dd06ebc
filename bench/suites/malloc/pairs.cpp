// pair: one block is taken, written and given back.
// batch: 1,000 blocks are taken, then given back, oldest first.
#include <ebb/bench/suites/malloc/blocks.h>

#include <array>

namespace ebb::bench {
namespace {

void pair(benchmark::State& state) {
    const auto bytes = static_cast<std::size_t>(state.range(0));
    repeat(state, [bytes] { std::free(take(bytes)); });
}
BENCHMARK(pair)->Arg(8)->Arg(60)->Arg(64)->Arg(512)->Arg(4096)->Arg(65536)->Arg(1 << 20)->Apply(
    in_micro_suite);

constexpr std::size_t blocks = 1000;

template <class Size>
void run_batches(benchmark::State& state, Size&& size) {
    std::array<void*, blocks> held{};
    repeat(state, [&] {
        for (std::size_t i = 0; i < blocks; ++i) {
            held[i] = take(size(i));
        }
        for (void* const p : held) {
            std::free(p);
        }
    });
    set_operations(state, blocks);
}

void batch(benchmark::State& state) {
    run_batches(state, [&](std::size_t) { return static_cast<std::size_t>(state.range(0)); });
}
BENCHMARK(batch)->Arg(64)->Apply(in_micro_suite);

void batch_mixed(benchmark::State& state) {
    const auto sizes = log_uniform(blocks, 16, 4096);
    run_batches(state, [&](std::size_t i) { return sizes[i]; });
}
BENCHMARK(batch_mixed)->Apply(in_micro_suite);

} // namespace
} // namespace ebb::bench
