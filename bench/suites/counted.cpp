// What libebbcount.so costs: the same calls with the shim on the way and without, in one process.
//
//     bench/run counted --malloc=glibc,jemalloc,mimalloc,tcmalloc
//         --benchmark_enable_random_interleaving=true --benchmark_repetitions=9
//         --benchmark_report_aggregates_only --benchmark_min_time=0.1
//
// bare: the next malloc's functions, called where its library has them.
// asked: the same, with malloc_usable_size at either end and nothing done with it: the floor for
// whoever counts usable bytes exactly.
// counted: malloc and free of the process, which are the shim's.
// pairs: a block is taken, its first byte written, and given back. batches: 1,000 blocks are taken
// and written, then given back, oldest first. random: among 4,096 live blocks of 16 to 1,024 bytes
// a random one is replaced. A time is per block.
// The program starts itself again with the shim before the malloc that it was started with.
#include <ebb/alloc/ledger/ebb.h>

#include <benchmark/benchmark.h>

#include <dlfcn.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <string>

namespace {

struct functions {
    void* (*take)(std::size_t);
    void (*give)(void*);
};

enum : std::int64_t { bare, asked, counted, kinds };
std::array<functions, kinds> all;
std::size_t (*next_usable)(void*);

void* take_asking(std::size_t bytes) {
    void* const p = all[bare].take(bytes);
    benchmark::DoNotOptimize(next_usable(p));
    return p;
}

void give_asking(void* p) {
    benchmark::DoNotOptimize(next_usable(p));
    all[bare].give(p);
}

const functions& chosen(const benchmark::State& state) {
    return all[static_cast<std::size_t>(state.range(0))];
}

void name(benchmark::State& state) {
    constexpr std::array<const char*, kinds> names{"bare", "asked", "counted"};
    state.SetLabel(names[static_cast<std::size_t>(state.range(0))]);
}

void* taken(const functions& f, std::size_t bytes) {
    auto* const p = static_cast<char*>(f.take(bytes));
    asm volatile("" : : "r"(p) : "memory");
    *p = 1;
    return p;
}

void pairs(benchmark::State& state) {
    const functions& f = chosen(state);
    const auto bytes = static_cast<std::size_t>(state.range(1));
    for ([[maybe_unused]] auto _ : state) {
        f.give(taken(f, bytes));
    }
    name(state);
}

void batches(benchmark::State& state) {
    const functions& f = chosen(state);
    const auto bytes = static_cast<std::size_t>(state.range(1));
    static std::array<void*, 1000> blocks;
    while (state.KeepRunningBatch(static_cast<std::int64_t>(blocks.size()))) {
        for (void*& p : blocks) {
            p = taken(f, bytes);
        }
        for (void* const p : blocks) {
            f.give(p);
        }
    }
    name(state);
}

void random(benchmark::State& state) {
    const functions& f = chosen(state);
    static std::array<void*, 4096> blocks;
    std::uint64_t dice = 88172645463325252U;
    for (void*& p : blocks) {
        p = taken(f, 100);
    }
    for ([[maybe_unused]] auto _ : state) {
        dice ^= dice << 13U;
        dice ^= dice >> 7U;
        dice ^= dice << 17U;
        void*& p = blocks[dice % blocks.size()];
        f.give(p);
        p = taken(f, 16 + (dice >> 20U) % 1009);
    }
    for (void* const p : blocks) {
        f.give(p);
    }
    name(state);
}

void sizes(benchmark::internal::Benchmark* b, std::initializer_list<std::int64_t> bytes) {
    for (const std::int64_t n : bytes) {
        for (std::int64_t kind = 0; kind < kinds; ++kind) {
            b->Args({kind, n});
        }
    }
}

BENCHMARK(pairs)->Apply([](auto* b) { sizes(b, {16, 64, 100, 1000, 10'000, 1'048'576}); });
BENCHMARK(pairs)->Apply([](auto* b) { sizes(b, {64}); }) -> Threads(2);
BENCHMARK(batches)->Apply([](auto* b) { sizes(b, {64, 100}); });
BENCHMARK(random)->DenseRange(0, kinds - 1);

void* function_of(const char* library, const char* name_of_function) {
    void* const handle = ::dlopen(library, RTLD_LAZY | RTLD_NOLOAD);
    return handle == nullptr ? nullptr : ::dlsym(handle, name_of_function);
}

} // namespace

int main(int argc, char** argv) {
    const char* const next = std::getenv("EBB_NEXT");
    if (next == nullptr) {
        const char* const preloaded = std::getenv("LD_PRELOAD");
        const std::string malloc_library = preloaded == nullptr ? "" : preloaded;
        ::setenv("EBB_NEXT", malloc_library.c_str(), 1);
        ::setenv("LD_PRELOAD", (EBB_COUNT " " + malloc_library).c_str(), 1);
        ::execv("/proc/self/exe", argv);
        std::perror("bench_counted: can't start itself again");
        return 1;
    }
    const char* const library = *next == '\0' ? "libc.so.6" : next;
    const auto both = [](const char* of) -> functions {
        return {reinterpret_cast<void* (*)(std::size_t)>(function_of(of, "malloc")),
                reinterpret_cast<void (*)(void*)>(function_of(of, "free"))};
    };
    all = {both(library), functions{take_asking, give_asking}, both(EBB_COUNT)};
    next_usable =
        reinterpret_cast<std::size_t (*)(void*)>(function_of(library, "malloc_usable_size"));
    auto* const read = reinterpret_cast<int (*)(ebb_ledger*, std::size_t)>(
        function_of(EBB_COUNT, "ebb_heap_ledger"));
    if (all[bare].take == nullptr || all[bare].give == nullptr || next_usable == nullptr ||
        read == nullptr) {
        std::fprintf(stderr, "bench_counted: %s is no malloc that is preloaded here\n", library);
        return 1;
    }
    // The shim counts ours, and the bare malloc is not the shim.
    ebb_ledger before{};
    ebb_ledger with{};
    ebb_ledger after{};
    read(&before, sizeof before);
    void* const p = all[counted].take(1000);
    void* const q = all[bare].take(1000);
    read(&with, sizeof with);
    all[counted].give(p);
    all[bare].give(q);
    read(&after, sizeof after);
    if (with.requested != before.requested + 1000 || after.requested != before.requested) {
        std::fprintf(stderr, "bench_counted: the shim doesn't answer before %s\n", library);
        return 1;
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
        return 2;
    }
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
