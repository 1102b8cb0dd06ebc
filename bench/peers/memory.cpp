// Bytes by the kernel's word. A count of malloc's blocks would miss what a map takes from the
// system itself and what malloc keeps; the machine must have both. Peaks are the process's VmHWM,
// which sees a rehash's two arrays at once; what is left is its anonymous pages, counted by the
// kernel one by one.
#include <ebb/alloc/os/process.h>
#include <ebb/bench/peers/scenario.h>
#include <ebb/bench/process/figure.h>

#include <malloc.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>

namespace ebb::bench::peers {
namespace {

constexpr std::size_t least_for_one = 100'000;
constexpr std::size_t entries_of_many = 1'000'000;

double told(std::optional<std::uint64_t> bytes) {
    if (!bytes) {
        throw std::runtime_error("the kernel doesn't tell this process's resident bytes");
    }
    return static_cast<double>(*bytes);
}

double resident() {
    return told(os::anonymous_resident_bytes());
}

double peak() {
    return told(os::peak_resident_bytes());
}

template <class Key>
std::size_t maps_of(const scenario<Key>& s) {
    return s.count >= least_for_one ? 1 : entries_of_many / s.count;
}

// The code that is about to run is read in, malloc has started.
template <class Key>
void warm_up(const scenario<Key>& s, std::span<const Key> keys) {
    const auto map = s.make();
    const auto some = keys.first(std::min<std::size_t>(keys.size(), 100));
    map->insert(some);
    map->erase(some);
}

} // namespace

template <class Key>
void run_growth(const scenario<Key>& s) {
    const std::size_t many = maps_of(s);
    const std::size_t most = many == 1 ? s.count * 8 / 5 : s.count;
    const auto table = make_keys<Key>(s.kind, 0, most, false);
    const std::span<const Key> keys = table;
    std::vector<std::unique_ptr<measured_map<Key>>> maps(many);
    warm_up(s, keys);
    if (!os::forget_peak_resident()) {
        throw std::runtime_error("the kernel doesn't let the peak start anew");
    }
    const double before = peak();
    if (many > 1) {
        for (auto& map : maps) {
            map = s.make();
            expect(map->insert(keys) == most, "an insert failed");
        }
        return print_figure("peak", (peak() - before) / s.floor_bytes(many * most));
    }
    maps[0] = s.make();
    const std::size_t step = std::max<std::size_t>(s.count / 1000, 1);
    double worst = 0;
    for (std::size_t n = 0; n < most;) {
        const std::size_t end = std::min(n < s.count ? s.count : most, n + step);
        expect(maps[0]->insert(keys.subspan(n, end - n)) == end - n, "an insert failed");
        n = end;
        const double ratio = (peak() - before) / s.floor_bytes(n);
        if (n == s.count) {
            print_figure("peak", ratio);
        }
        if (n * 5 >= s.count * 4) {
            worst = std::max(worst, ratio);
        }
    }
    print_figure("worst", worst);
}

template <class Key>
void run_shrinking(const scenario<Key>& s, bool trim) {
    const auto order = s.keys(true);
    const std::span<const Key> victims = order;
    const auto table = s.keys(false);
    std::vector<std::unique_ptr<measured_map<Key>>> maps(maps_of(s));
    warm_up<Key>(s, table);
    const double before = resident();
    for (auto& map : maps) {
        map = s.make();
        s.fill(*map, table);
    }
    const auto held = [&] {
        if (trim) {
            ::malloc_trim(0);
        }
        return (resident() - before) / static_cast<double>(maps.size());
    };
    print_figure("full", held());
    std::size_t erased = 0;
    const auto leave = [&](std::size_t left) {
        const auto part = victims.subspan(erased, s.count - left - erased);
        for (auto& map : maps) {
            expect(map->erase(part) == part.size() && map->size() == left, "an erase failed");
        }
        erased = s.count - left;
        return held();
    };
    print_figure("half", leave(s.count / 2) / s.floor_bytes(s.count / 2));
    print_figure("tenth", leave(s.count / 10));
    print_figure("hundredth", leave(s.count / 100));
    print_figure("none", leave(0));
}

template void run_growth(const scenario<std::int64_t>&);
template void run_growth(const scenario<std::string>&);
template void run_shrinking(const scenario<std::int64_t>&, bool);
template void run_shrinking(const scenario<std::string>&, bool);

} // namespace ebb::bench::peers
