// What one loop over a whole map does, between the marks of process/marks.h. The map and its keys
// are made before: a counting run (process/counted.h) sees the loop alone.
#include <ebb/bench/peers/scenario.h>
#include <ebb/bench/process/figure.h>
#include <ebb/bench/process/marks.h>

namespace ebb::bench::peers {
namespace {

template <class F>
void count(F&& loop) {
    begin_counting();
    const bool good = loop();
    const long faults = end_counting();
    expect(good, "an operation failed");
    print_figure("faults", static_cast<double>(faults));
}

} // namespace

template <class Key>
void count_insert(const scenario<Key>& s) {
    const auto keys = s.keys(false);
    const auto map = s.make();
    count([&] { return map->insert(keys) == s.count; });
    expect(map->size() == s.count, "an insert failed");
}

template <class Key>
void count_erase(const scenario<Key>& s) {
    const auto keys = s.keys(false);
    const auto order = s.keys(true);
    const auto map = s.make();
    s.fill(*map, keys);
    count([&] { return map->erase(order) == s.count; });
    expect(map->size() == 0, "an erase failed");
}

template <class Key>
void count_sight(const scenario<Key>& s, seen by) {
    const auto keys = s.keys(false);
    const auto order = by == seen::miss ? s.strangers() : s.keys(true);
    const sight all = by == seen::miss ? sight() : sight_of(keys);
    const auto map = s.make();
    s.fill(*map, keys);
    count([&] { return (by == seen::iterating ? map->iterate() : map->find(order)) == all; });
}

template void count_insert(const scenario<std::int64_t>&);
template void count_insert(const scenario<std::string>&);
template void count_erase(const scenario<std::int64_t>&);
template void count_erase(const scenario<std::string>&);
template void count_sight(const scenario<std::int64_t>&, seen);
template void count_sight(const scenario<std::string>&, seen);

} // namespace ebb::bench::peers
