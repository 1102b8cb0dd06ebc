// Keys that go are random, those that come are new. All of them are drawn before the clock starts:
// a tooth of a map of 100 keys takes a microsecond, less than drawing its keys.
#include <ebb/bench/malloc/scenario_tools.h>
#include <ebb/bench/peers/eighths.h>
#include <ebb/bench/peers/scenario.h>
#include <ebb/bench/process/figure.h>
#include <ebb/bench/process/marks.h>

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

namespace ebb::bench::peers {
namespace {

// Who goes and who comes in each tooth, and who is there at the end.
template <class Key>
struct swings {
    std::size_t tooth;
    std::vector<Key> live;
    std::vector<Key> victims;
    std::vector<Key> fresh;

    explicit swings(const scenario<Key>& s)
        : tooth(keys_of_tooth(s.count)), live(s.keys(false)),
          fresh(make_keys<Key>(s.kind, 2 * s.count,
                               tooth * (teeth_left_out + teeth_that_count(s.count)), false)) {
        suite::random_numbers random(s.count);
        victims.reserve(fresh.size());
        for (auto from = fresh.begin(); from != fresh.end();) {
            const auto to = std::next(from, static_cast<std::ptrdiff_t>(tooth));
            for (std::size_t n = 0; n < tooth; ++n) {
                std::swap(live[random.below(live.size())], live.back());
                victims.push_back(std::move(live.back()));
                live.pop_back();
            }
            live.insert(live.end(), from, to);
            from = to;
        }
    }

    // Whether every key was there and every other new.
    bool run(measured_map<Key>& map, std::size_t from, std::size_t to) const {
        std::size_t done = 0;
        for (std::size_t at = from * tooth; at < to * tooth; at += tooth) {
            done += map.erase(std::span(victims).subspan(at, tooth));
            done += map.insert(std::span(fresh).subspan(at, tooth));
        }
        return done == 2 * tooth * (to - from);
    }
};

} // namespace

template <class Key>
void run_eighths(const scenario<Key>& s, bool held) {
    const auto map = s.make();
    if (held && !map->reserve(s.count)) {
        return;
    }
    const swings<Key> all(s);
    s.fill(*map, s.keys(false));
    const std::size_t teeth = teeth_that_count(s.count);
    const std::size_t end = teeth_left_out + teeth;
    expect(all.run(*map, 0, teeth_left_out), "an erase or an insert failed");
    begin_counting();
    const double begun = suite::cpu_seconds();
    const bool good = all.run(*map, teeth_left_out, end);
    const double took = suite::cpu_seconds() - begun;
    const auto faults = static_cast<double>(end_counting());
    expect(good, "an erase or an insert failed");
    expect(map->size() == all.live.size() && map->find(all.live) == sight_of(all.live),
           "an entry is missing, or one is left that was erased");
    print_figure("time", took * 1e9 / static_cast<double>(2 * all.tooth * teeth));
    print_figure("faults", faults / static_cast<double>(teeth));
}

template void run_eighths(const scenario<std::int64_t>&, bool);
template void run_eighths(const scenario<std::string>&, bool);

} // namespace ebb::bench::peers
