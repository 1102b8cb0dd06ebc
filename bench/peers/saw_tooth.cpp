// Where a map grows or shrinks is its own affair, and the worst place for a saw-tooth is there. So
// places are tried: sixteen sizes from `count` down to its half, and the sizes at which the map's
// slowest insert and slowest erase were. At each, 256 keys are deleted and inserted again and
// again, and an eighth of all once. Victims are random, the keys that come in new.
#include <ebb/bench/malloc/scenario_tools.h>
#include <ebb/bench/peers/scenario.h>
#include <ebb/bench/process/figure.h>
#include <ebb/bench/report/median.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <span>
#include <utility>

namespace ebb::bench::peers {
namespace {

constexpr std::size_t small_tooth = 256;
constexpr std::size_t small_teeth = 32;
constexpr std::size_t places_on_the_way = 16;

template <class Key>
class saw {
  public:
    explicit saw(const scenario<Key>& s)
        : s_(s), map_(s.make()), live_(s.keys(false)), next_(2 * s.count) {
        // Never in a loop that is timed, and no table is freed on the way.
        live_.reserve(s.count + s.count / 4);
        victims_.reserve(s.count);
    }

    // The sizes at which the slowest insert of the upper half and the slowest erase back were.
    std::vector<std::size_t> own_places() {
        suite::outside_table<std::uint32_t> laps(s_.count);
        stopwatch up(&laps[0]);
        expect(map_->insert_timed(live_, up) == s_.count, "an insert failed");
        const std::size_t half = s_.count / 2;
        const auto slowest = [&](std::size_t from, std::size_t to) {
            return static_cast<std::size_t>(std::max_element(&laps[0] + from, &laps[0] + to) -
                                            &laps[0]);
        };
        std::vector<std::size_t> places{slowest(half, s_.count)};
        draw(half);
        stopwatch down(&laps[0]);
        expect(map_->erase_timed(victims_, down) == half, "an erase failed");
        places.push_back(s_.count - slowest(0, half));
        resize(s_.count);
        return places;
    }

    // Nanoseconds an operation of teeth that end at this size.
    double small_at(std::size_t size) {
        resize(std::min(s_.count, size + small_tooth / 2));
        double least = HUGE_VAL;
        for (int n = 0; n < 3; ++n) {
            double seconds = 0;
            for (std::size_t tooth = 0; tooth < small_teeth; ++tooth) {
                seconds += swing(small_tooth);
            }
            least = std::min(least, seconds);
        }
        return least * 1e9 / (2 * small_tooth * small_teeth);
    }
    double large_at(std::size_t size) {
        resize(size);
        const std::size_t tooth = std::max<std::size_t>(size / 8, 1);
        return swing(tooth) * 1e9 / static_cast<double>(2 * tooth);
    }

    void check() const {
        expect(map_->find(live_) == sight_of(live_), "an entry is missing");
        expect(map_->size() == live_.size(), "an entry is left that was erased");
    }

  private:
    // Takes `n` random keys out of `live_`.
    void draw(std::size_t n) {
        victims_.clear();
        for (std::size_t i = 0; i < n; ++i) {
            std::swap(live_[random_.below(live_.size())], live_.back());
            victims_.push_back(std::move(live_.back()));
            live_.pop_back();
        }
    }
    std::span<const Key> add(std::size_t n) {
        auto fresh = make_keys<Key>(s_.kind, next_, n, false);
        next_ += n;
        std::move(fresh.begin(), fresh.end(), std::back_inserter(live_));
        return std::span<const Key>(live_).last(n);
    }
    double swing(std::size_t n) {
        draw(n);
        const auto fresh = add(n);
        const double begun = suite::cpu_seconds();
        const bool good = map_->erase(victims_) == n && map_->insert(fresh) == n;
        const double took = suite::cpu_seconds() - begun;
        expect(good, "an erase or an insert failed");
        return took;
    }
    void resize(std::size_t size) {
        if (size < live_.size()) {
            draw(live_.size() - size);
            expect(map_->erase(victims_) == victims_.size(), "an erase failed");
        } else if (size > live_.size()) {
            const std::size_t n = size - live_.size();
            expect(map_->insert(add(n)) == n, "an insert failed");
        }
    }

    const scenario<Key>& s_;
    std::unique_ptr<measured_map<Key>> map_;
    std::vector<Key> live_;
    std::vector<Key> victims_;
    std::size_t next_;
    suite::random_numbers random_{1};
};

} // namespace

template <class Key>
void run_saw_tooth(const scenario<Key>& s) {
    saw<Key> teeth(s);
    std::vector<std::size_t> places = teeth.own_places();
    for (std::size_t i = 0; i < places_on_the_way; ++i) {
        const double part = static_cast<double>(i) / places_on_the_way;
        places.push_back(static_cast<std::size_t>(static_cast<double>(s.count) * std::exp2(-part)));
    }
    std::sort(places.begin(), places.end(), std::greater<>());
    std::vector<double> took;
    for (std::size_t i = 0; i < places.size(); ++i) {
        const std::size_t size = std::max(places[i], small_tooth);
        took.push_back(teeth.small_at(size));
        if (i % 4 == 0) {
            took.push_back(teeth.large_at(size));
        }
    }
    teeth.check();
    print_figure("teeth-worst", *std::max_element(took.begin(), took.end()));
    print_figure("teeth-middle", *middle_of(took));
}

template void run_saw_tooth(const scenario<std::int64_t>&);
template void run_saw_tooth(const scenario<std::string>&);

} // namespace ebb::bench::peers
