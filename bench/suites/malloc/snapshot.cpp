// snapshot: ebb_heap_ledger while N threads live that have used the heap and now wait.
#include <ebb/alloc/ledger/ebb.h>
#include <ebb/bench/suites/malloc/blocks.h>

#include <dlfcn.h>

#include <barrier>
#include <thread>

namespace ebb::bench {
namespace {

void snapshot(benchmark::State& state) {
    const auto read =
        reinterpret_cast<decltype(&ebb_heap_ledger)>(::dlsym(RTLD_DEFAULT, "ebb_heap_ledger"));
    if (read == nullptr) {
        state.SkipWithError("no ebb_heap_ledger in this process");
        return;
    }
    // This thread is one of them.
    const auto others = state.range(0) - 1;
    std::barrier gate(others + 1);
    std::vector<std::thread> all;
    for (std::int64_t i = 0; i < others; ++i) {
        all.emplace_back([&gate] {
            void* const held = take(64);
            gate.arrive_and_wait();
            gate.arrive_and_wait();
            std::free(held);
        });
    }
    gate.arrive_and_wait();
    ebb_ledger ledger;
    repeat(state, [&] {
        benchmark::DoNotOptimize(read(&ledger, sizeof ledger));
        benchmark::ClobberMemory();
    });
    gate.arrive_and_wait();
    for (std::thread& t : all) {
        t.join();
    }
}
BENCHMARK(snapshot)->Arg(1)->Arg(64)->Apply(in_micro_suite);

} // namespace
} // namespace ebb::bench
