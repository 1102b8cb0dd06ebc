#include <ebb/bench/malloc/scenario_tools.h>
#include <ebb/bench/peers/scenario.h>
#include <ebb/bench/process/figure.h>

#include <span>
#include <unordered_set>

namespace ebb::bench::peers {
namespace {

template <class Key>
sight sight_of(const std::unordered_set<Key>& keys) {
    sight s{keys.size(), 0};
    for (const Key& k : keys) {
        s.sum += head_of(k);
    }
    return s;
}

} // namespace

template <class Key>
void run_trace(const scenario<Key>& s) {
    const auto keys = s.keys(true);
    const auto map = s.make();
    std::unordered_set<Key> model;
    suite::random_numbers random(s.count);
    std::uint64_t digest = 0;
    for (std::size_t step = 0; step < 4 * s.count; ++step) {
        // Mostly inserts in one half of the trace, mostly erases in the other.
        const bool grows = step < 2 * s.count;
        const std::span<const Key> one(&keys[random.below(keys.size())], 1);
        if (random.below(4) < (grows ? 3u : 1u)) {
            expect(map->insert(one) == model.insert(one.front()).second, "an insert differs");
        } else {
            expect(map->erase(one) == model.erase(one.front()), "an erase differs");
        }
        expect(map->find(one).count == model.count(one.front()), "a look-up differs");
        expect(map->size() == model.size(), "the size differs");
        digest = digest * 31 + model.size();
        if (step % (s.count / 4 + 1) == 0) {
            expect(map->iterate() == sight_of(model), "iterating differs");
        }
    }
    const auto held = map->iterate();
    expect(held == sight_of(model), "iterating differs");
    if (const auto other = map->copy()) {
        map->clear();
        expect(other->iterate() == held && map->iterate() == sight(), "a copy differs");
    }
    // A double holds 53 bits.
    print_figure("digest", static_cast<double>((digest ^ held.sum) >> 32));
}

template void run_trace(const scenario<std::int64_t>&);
template void run_trace(const scenario<std::string>&);

} // namespace ebb::bench::peers
