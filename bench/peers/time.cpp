#include <ebb/bench/malloc/scenario_tools.h>
#include <ebb/bench/peers/scenario.h>
#include <ebb/bench/process/figure.h>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <functional>
#include <string>

namespace ebb::bench::peers {
namespace {

constexpr std::size_t entries_timed = 1'000'000;

// One iteration is one operation; figures go where the other scenarios' go.
class figures final : public benchmark::BenchmarkReporter {
  public:
    bool ReportContext(const Context&) override { return true; }
    void ReportRuns(const std::vector<Run>& runs) override {
        for (const Run& run : runs) {
            // Of a manual clock, which reads CPU time, that clock's; else the thread's CPU time.
            const bool manual = run.run_name.time_type == "manual_time";
            print_figure(run.run_name.function_name.c_str(),
                         manual ? run.GetAdjustedRealTime() : run.GetAdjustedCPUTime());
        }
    }
};

class loop_set {
  public:
    explicit loop_set(std::size_t least_operations) : least_operations_(least_operations) {
        std::string program = "peer";
        char* words[] = {program.data(), nullptr};
        int count = 1;
        benchmark::Initialize(&count, words);
    }
    // The loop repeats with nothing between two passes of `operations`. A pass before the clock
    // starts brings the map into the caches that it fits in.
    template <class F>
    void repeat(const char* name, std::size_t operations, F loop) {
        const std::size_t passes = (least_operations_ + operations - 1) / operations;
        benchmark::RegisterBenchmark(name, [=](benchmark::State& state) {
            loop();
            const auto batch = static_cast<benchmark::IterationCount>(operations);
            while (state.KeepRunningBatch(batch)) {
                loop();
            }
        })->Iterations(static_cast<benchmark::IterationCount>(operations * passes));
    }
    // The loop times each round itself and says how many seconds it took. Rounds are counted, not
    // timed: a clear that takes no time would be repeated for minutes, filling the map for each.
    template <class F>
    void timed(const char* name, std::size_t operations, F loop) {
        benchmark::RegisterBenchmark(name,
                                     [=](benchmark::State& state) {
                                         const auto batch =
                                             static_cast<benchmark::IterationCount>(operations);
                                         while (state.KeepRunningBatch(batch)) {
                                             state.SetIterationTime(loop());
                                         }
                                     })
            ->UseManualTime()
            ->Iterations(static_cast<benchmark::IterationCount>(
                operations * std::max<std::size_t>(entries_timed / operations, 1)));
    }
    void run() {
        figures out;
        benchmark::RunSpecifiedBenchmarks(&out);
        benchmark::ClearRegisteredBenchmarks();
    }

  private:
    std::size_t least_operations_;
};

template <class F>
double cpu_seconds_of(F&& work) {
    const double begun = suite::cpu_seconds();
    work();
    return suite::cpu_seconds() - begun;
}

} // namespace

template <class Key>
void run_insert(const scenario<Key>& s) {
    const auto keys = s.keys(false);
    loop_set loops(s.operations);
    loops.timed("insert", s.count, [&] {
        const auto map = s.make();
        return cpu_seconds_of([&] { s.fill(*map, keys); });
    });
    loops.run();
}

template <class Key>
void run_lookups(const scenario<Key>& s) {
    const auto keys = s.keys(false);
    const auto order = s.keys(true);
    const auto strangers = s.strangers();
    const sight all = sight_of(keys);
    const auto map = s.make();
    s.fill(*map, keys);
    loop_set loops(s.operations);
    loops.repeat("hit", s.count, [&] {
        expect(map->find(order) == all, "a key wasn't found, or another's value");
    });
    loops.repeat("turn", s.count, [&] {
        expect(map->find_in_turn(order) == all, "a key wasn't found, or another's value");
    });
    loops.repeat("miss", s.count, [&] {
        expect(map->find(strangers) == sight(), "a key was found that was never there");
    });
    loops.repeat("iterate", s.count,
                 [&] { expect(map->iterate() == all, "iterating didn't see each entry once"); });
    loops.run();
}

template <class Key>
void run_erase(const scenario<Key>& s) {
    const auto keys = s.keys(false);
    const auto order = s.keys(true);
    loop_set loops(s.operations);
    loops.timed("erase", s.count, [&] {
        const auto map = s.make();
        s.fill(*map, keys);
        std::size_t gone = 0;
        const double took = cpu_seconds_of([&] { gone = map->erase(order); });
        expect(gone == s.count && map->size() == 0, "an erase failed");
        return took;
    });
    loops.run();
}

template <class Key>
void run_copy(const scenario<Key>& s) {
    const auto keys = s.keys(false);
    const auto map = s.make();
    s.fill(*map, keys);
    loop_set loops(s.operations);
    if (map->copy() != nullptr) {
        loops.timed("copy", s.count, [&] {
            std::unique_ptr<measured_map<Key>> other;
            const double took = cpu_seconds_of([&] { other = map->copy(); });
            expect(other->size() == s.count, "a copy lacks entries");
            return took;
        });
    }
    loops.timed("clear", s.count, [&] {
        const auto full = s.make();
        s.fill(*full, keys);
        const double took = cpu_seconds_of([&] { full->clear(); });
        expect(full->size() == 0, "a cleared map isn't empty");
        return took;
    });
    loops.run();
}

template void run_insert(const scenario<std::int64_t>&);
template void run_insert(const scenario<std::string>&);
template void run_lookups(const scenario<std::int64_t>&);
template void run_lookups(const scenario<std::string>&);
template void run_erase(const scenario<std::int64_t>&);
template void run_erase(const scenario<std::string>&);
template void run_copy(const scenario<std::int64_t>&);
template void run_copy(const scenario<std::string>&);

} // namespace ebb::bench::peers
