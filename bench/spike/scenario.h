// The Black Friday scenario in a cell's process: the two caches under the load, sample by sample.
#pragma once

#include <ebb/alloc/os/process.h>
#include <ebb/bench/maps/values.h>
#include <ebb/bench/spike/cell.h>
#include <ebb/bench/spike/stopwatch.h>
#include <ebb/bench/spike/visits.h>
#include <ebb/maps/go_map.h>

#include <array>
#include <chrono>
#include <cstring>
#include <optional>
#include <thread>

namespace ebb::bench {

/// A map that one of the caches uses. `Memory::make<Map>()` makes an empty one, `live` and `dead`
/// tell its bytes: on_*.cpp have one for each kind of memory. The value's first 8 bytes are the
/// number of the customer's latest visit.
template <class Memory, class Map, bool Recreate>
class spike_scenario {
  public:
    explicit spike_scenario(const spike_cell& c, const spike_sink& sink)
        : load_(c.load), sink_(sink), ids_(load_.seed),
          visits_(2 * most_visits_an_hour(load_) + 16 * most_recent),
          resident_before_(os::anonymous_resident_bytes()) {}

    void run() {
        memory_.emplace();
        recent_.emplace(memory_->template make<Map>());
        hour_.emplace(memory_->template make<Map>());
        watch_.restart();
        const std::uint64_t minutes = load_.days * minutes_a_day;
        for (std::uint64_t minute = 0; minute < minutes; ++minute) {
            begins_[minute % hour_minutes] = visits_.end();
            let_in(arrivals(load_, minute));
            if (minute + 1 >= hour_minutes) {
                // Left are this minute and the 59 before it.
                evict_until(begins_[(minute + 1) % hour_minutes]);
            }
            if (Recreate && (minute + 1) % 60 == 0) {
                watch_([this] {
                    recreate(recent_);
                    recreate(hour_);
                });
            }
            if ((minute + 1) % load_.every == 0) {
                take(minute + 1);
            }
        }
    }

  private:
    using value = typename Map::mapped_type;
    static constexpr std::size_t value_bytes = Memory::value_bytes;
    using source = values<value_bytes>;

    void let_in(std::uint64_t count) {
        for (std::uint64_t i = 0; i < count; ++i) {
            visit(static_cast<std::int64_t>(ids_.next()));
            if (++new_ % new_a_return == 0 && visits_.end() > oldest_) {
                const std::uint64_t span = visits_.end() - oldest_;
                visit(visits_[oldest_ + returns_.next() % span]);
            }
        }
    }

    void visit(std::int64_t id) {
        const std::uint64_t number = visits_.end();
        visits_.add(id);
        auto bytes = source_.next();
        std::memcpy(bytes.data(), &number, sizeof number);
        watch_([&] { (*hour_)[id] = bytes; });
        watch_([&] { (*recent_)[id] = bytes; });
        // Visits that a later one of the same customer has made stale go first: they are no entry.
        while (recent_->size() > most_recent || !is_latest(*recent_, first_recent_)) {
            watch_([&] { erase_if_latest(*recent_, first_recent_); });
            ++first_recent_;
        }
    }

    void evict_until(std::uint64_t end) {
        for (; oldest_ < end; ++oldest_) {
            watch_([&] { erase_if_latest(*hour_, oldest_); });
        }
    }

    bool is_latest(Map& m, std::uint64_t visit) {
        const auto at = m.find(visits_[visit]);
        return at != m.end() && number_of((*at).second) == visit;
    }
    void erase_if_latest(Map& m, std::uint64_t visit) {
        if (is_latest(m, visit)) {
            m.erase(visits_[visit]);
        }
    }

    static std::uint64_t number_of(const value& v) noexcept {
        std::uint64_t number = 0;
        if constexpr (requires { v.get(); }) {
            std::memcpy(&number, v->data(), sizeof number);
        } else {
            std::memcpy(&number, v.data(), sizeof number);
        }
        return number;
    }

    void recreate(std::optional<Map>& m) {
        Map fresh = memory_->template make<Map>();
        for (auto&& [key, bytes] : *m) {
            fresh.insert_or_assign(key, bytes);
        }
        m.emplace(std::move(fresh));
    }

    // Simulated hours pass in milliseconds, a malloc's own clock goes on as ever. An hour, six and
    // a day after the peak, where more than 16 MB could come back, it gets a second of rest for it.
    std::optional<std::uint64_t> resident_now(std::uint64_t minute, std::uint64_t held) const {
        constexpr std::uint64_t worth_a_wait = 16 << 20;
        const auto now = os::anonymous_resident_bytes();
        const std::uint64_t end = peak_end_hour(load_) * 60;
        const bool mark =
            minute == end + 60 || minute == end + 6 * 60 || minute == end + minutes_a_day;
        if (!mark || !now || !resident_before_ || *now < *resident_before_ + held + worth_a_wait) {
            return now;
        }
        std::this_thread::sleep_for(std::chrono::seconds(1));
        return os::anonymous_resident_bytes();
    }

    void take(std::uint64_t minute) {
        spike_sample s;
        s.minute = minute;
        s.entries = recent_->size() + hour_->size();
        s.floor = s.entries * (sizeof(std::int64_t) + value_bytes);
        s.live = memory_->live(*recent_, *hour_);
        s.dead = memory_->dead();
        s.worst_us = watch_.worst_us();
        s.ns = watch_.mean_ns();
        const auto resident = resident_now(minute, s.live + s.dead.value_or(0));
        if (resident && resident_before_) {
            s.resident =
                static_cast<std::int64_t>(*resident) - static_cast<std::int64_t>(*resident_before_);
        }
        s.seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
        sink_(s);
        watch_.restart();
    }

    spike_load load_;
    const spike_sink& sink_;
    random_ids ids_;
    random_ids returns_{~load_.seed};
    visits visits_;
    std::optional<std::uint64_t> resident_before_;
    std::optional<Memory> memory_;
    std::optional<Map> recent_;
    std::optional<Map> hour_;
    source source_;
    stopwatch watch_;
    std::array<std::uint64_t, hour_minutes> begins_{}; // each minute's first visit
    std::uint64_t oldest_ = 0;                         // the first that the hour still has
    std::uint64_t first_recent_ = 0;                   // the first that may be among the recent
    std::uint64_t new_ = 0;
    std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

/// Calls `f` with the cell's size of values as a constant.
template <class F>
void with_value_bytes(std::size_t bytes, const F& f) {
    switch (bytes) {
    case 8:
        return f(std::integral_constant<std::size_t, 8>());
    case 64:
        return f(std::integral_constant<std::size_t, 64>());
    default:
        return f(std::integral_constant<std::size_t, 128>());
    }
}

/// The memory of go_maps over an arena, both caches' in one.
template <class Arena, std::size_t Bytes>
struct arena_memory {
    static constexpr std::size_t value_bytes = Bytes;
    using bytes = std::array<std::byte, Bytes>;
    template <class Value>
    using map = go_map<std::int64_t, Value, hash<std::int64_t>, std::equal_to<std::int64_t>, Arena>;

    template <class Map>
    Map make() {
        return Map(arena);
    }
    template <class Map>
    std::uint64_t live(const Map&, const Map&) const {
        const ledger l = arena.read();
        return l.requested + l.slack;
    }
    std::optional<std::uint64_t> dead() const { return arena.read().dead; }

    Arena arena;
};

template <class Arena>
void run_go_spike(const spike_cell& c, const spike_sink& sink) {
    with_value_bytes(c.load.value_bytes, [&]<class N>(N) {
        using memory = arena_memory<Arena, N::value>;
        using bytes = typename memory::bytes;
        using in_buckets = typename memory::template map<bytes>;
        using pointer = typename memory::template map<boxed<bytes>>;
        if (c.way == spike_layout::pointer) {
            spike_scenario<memory, pointer, false>(c, sink).run();
        } else if (c.way == spike_layout::recreate) {
            spike_scenario<memory, in_buckets, true>(c, sink).run();
        } else {
            spike_scenario<memory, in_buckets, false>(c, sink).run();
        }
    });
}

} // namespace ebb::bench
