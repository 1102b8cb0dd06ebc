// The map layouts on the arenas: what an operation takes, what an entry takes, where it stands.
//
//     bench_layouts --benchmark_enable_random_interleaving=true
//                   --benchmark_repetitions=5 --benchmark_report_aggregates_only
//     bench/run layouts --malloc=glibc,jemalloc,mimalloc,tcmalloc --benchmark_filter=on_malloc
//
// A time is per entry. insert: keys in order into a new map, growth included. hit, miss, iterate: a
// full map; hits in random order. erase: every key in order, from full to empty.
// Arenas: go_heap; on_malloc, each block from the malloc in force; collected, the same under Go's
// pace; sized. std is the peer: std::unordered_map over malloc_arena.
// Per row, of the map when it is full: bytes an entry (live and dead), payload of it, and the
// ledger's terms.
#include <ebb/alloc/arena/collected.h>
#include <ebb/alloc/arena/go_heap.h>
#include <ebb/alloc/arena/malloc_arena.h>
#include <ebb/alloc/arena/sized.h>
#include <ebb/alloc/arena/std_allocator.h>
#include <ebb/bench/suites/counters.h>
#include <ebb/maps/go_map.h>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace {

using key = std::int64_t;
template <std::size_t N>
using bytes = std::array<std::byte, N>;

template <class Value, class Arena>
using go_map = ebb::go_map<key, Value, ebb::hash<key>, std::equal_to<key>, Arena>;

template <class Value, class Arena>
using std_map = std::unordered_map<key, Value, std::hash<key>, std::equal_to<key>,
                                   ebb::arena_allocator<std::pair<const key, Value>, Arena>>;

// A map with the arena under it.
template <template <class, class> class Map, class Value, class Arena>
struct subject {
    Arena arena;
    std::unique_ptr<Map<Value, Arena>> map;

    subject() : map(std::make_unique<Map<Value, Arena>>(arena)) {}
    void fill(key count) {
        for (key k = 0; k < count; ++k) {
            touch((*map)[k], k);
        }
    }

  private:
    template <class T>
    static void touch(T& value, key k) {
        value.fill(static_cast<std::byte>(k));
    }
    template <class T>
    static void touch(ebb::boxed<T>& value, key k) {
        touch(*value, k);
    }
};

template <class Subject>
void report(benchmark::State& state, const Subject& s, key count) {
    const ebb::ledger l = s.arena.read();
    const auto entries = static_cast<double>(count);
    state.counters["bytes_per_entry"] = static_cast<double>(l.occupied()) / entries;
    if constexpr (requires { s.map->composition(); }) {
        state.counters["payload"] = static_cast<double>(s.map->composition().payload);
    }
    ebb::bench::set_terms(state, l);
    state.counters["peak"] = static_cast<double>(l.peak);
}

template <class Subject>
void insert(benchmark::State& state) {
    const key count = state.range(0);
    std::unique_ptr<Subject> s;
    while (state.KeepRunningBatch(count)) {
        state.PauseTiming();
        s = nullptr;
        s = std::make_unique<Subject>();
        state.ResumeTiming();
        s->fill(count);
    }
    report(state, *s, count);
}

template <class Subject>
void hit(benchmark::State& state) {
    const key count = state.range(0);
    Subject s;
    s.fill(count);
    std::vector<key> order(static_cast<std::size_t>(count));
    std::iota(order.begin(), order.end(), key{0});
    std::shuffle(order.begin(), order.end(), std::mt19937_64(1));
    while (state.KeepRunningBatch(count)) {
        for (const key k : order) {
            benchmark::DoNotOptimize(s.map->find(k) != s.map->end());
        }
    }
    report(state, s, count);
}

template <class Subject>
void miss(benchmark::State& state) {
    const key count = state.range(0);
    Subject s;
    s.fill(count);
    while (state.KeepRunningBatch(count)) {
        for (key k = count; k < 2 * count; ++k) {
            benchmark::DoNotOptimize(s.map->find(k) != s.map->end());
        }
    }
    report(state, s, count);
}

template <class Subject>
void erase(benchmark::State& state) {
    const key count = state.range(0);
    std::unique_ptr<Subject> s;
    while (state.KeepRunningBatch(count)) {
        state.PauseTiming();
        s = nullptr;
        s = std::make_unique<Subject>();
        s->fill(count);
        report(state, *s, count);
        state.ResumeTiming();
        for (key k = 0; k < count; ++k) {
            benchmark::DoNotOptimize(s->map->erase(k));
        }
    }
}

template <class Subject>
void iterate(benchmark::State& state) {
    const key count = state.range(0);
    Subject s;
    s.fill(count);
    while (state.KeepRunningBatch(count)) {
        key sum = 0;
        for (auto&& [k, value] : *s.map) {
            sum += k;
        }
        benchmark::DoNotOptimize(sum);
    }
    report(state, s, count);
}

template <class Subject>
void add(const std::string& name) {
    const std::pair<const char*, void (*)(benchmark::State&)> operations[]{
        {"insert", &insert<Subject>}, {"hit", &hit<Subject>},         {"miss", &miss<Subject>},
        {"erase", &erase<Subject>},   {"iterate", &iterate<Subject>},
    };
    for (const auto& [operation, function] : operations) {
        benchmark::RegisterBenchmark((std::string(operation) + '/' + name).c_str(), function)
            ->Arg(10'000)
            ->Arg(1'000'000);
    }
}

template <class Value>
void add_layout(const std::string& name) {
    add<subject<go_map, Value, ebb::go_heap>>(name + "/go_heap");
    add<subject<go_map, Value, ebb::malloc_arena>>(name + "/on_malloc");
    add<subject<go_map, Value, ebb::collected<ebb::malloc_arena>>>(name + "/on_malloc_collected");
    add<subject<go_map, Value, ebb::sized>>(name + "/sized");
}

} // namespace

int main(int argc, char** argv) {
    add_layout<bytes<8>>("inline8");
    add_layout<bytes<128>>("inline128");
    add_layout<ebb::boxed<bytes<128>>>("pointer128");
    add_layout<bytes<129>>("spill129");
    add<subject<std_map, bytes<8>, ebb::malloc_arena>>("std8/on_malloc");
    add<subject<std_map, bytes<128>, ebb::malloc_arena>>("std128/on_malloc");
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
        return 2;
    }
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
