// The scenarios that run in a cell's process: fill a map, empty it, watch where the bytes stand.
#pragma once

#include <ebb/alloc/os/process.h>
#include <ebb/bench/maps/cell.h>
#include <ebb/bench/maps/record.h>
#include <ebb/maps/go_map.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>

namespace ebb::bench {

/// Values of `Bytes` bytes, every one of them written, no two alike: a page of equal bytes could be
/// shared or compressed by the system, and an unwritten one isn't resident.
template <std::size_t Bytes>
class values {
  public:
    const std::array<std::byte, Bytes>& next() noexcept {
        for (std::size_t at = 0; at < Bytes; at += sizeof state_) {
            state_ ^= state_ << 13;
            state_ ^= state_ >> 7;
            state_ ^= state_ << 17;
            std::memcpy(value_.data() + at, &state_, std::min(sizeof state_, Bytes - at));
        }
        return value_;
    }

  private:
    std::array<std::byte, Bytes> value_{};
    std::uint64_t state_ = 0x9e3779b97f4a7c15;
};

/// One run of one cell on an arena: reads the ledger, the kernel and the clock at every step.
/// `TellsIdle`: whether the arena knows what the allocator under it holds beyond the blocks.
template <class Arena, bool TellsIdle>
class scenario {
    using clock = std::chrono::steady_clock;

  public:
    explicit scenario(const record_sink& sink)
        : sink_(sink), resident_before_(os::anonymous_resident_bytes()) {
        arena_.emplace();
    }

    template <std::size_t Bytes>
    void run(const cell& c) {
        using bytes = std::array<std::byte, Bytes>;
        if (c.way == layout::pointer) {
            fill_and_empty<boxed<bytes>, Bytes>(c.count);
        } else if (c.way == layout::recreate) {
            copy_and_drop<bytes, Bytes>(c.count);
        } else {
            fill_and_empty<bytes, Bytes>(c.count);
        }
    }

  private:
    template <class Value>
    using map = go_map<std::int64_t, Value, hash<std::int64_t>, std::equal_to<std::int64_t>, Arena>;

    template <class Value, std::size_t Bytes>
    void fill_and_empty(std::uint64_t count) {
        map<Value> m(*arena_);
        take("empty", m);
        fill<Value, Bytes>(m, count);
        take("full", m);
        erase(m, 0, count);
        collect();
        take("gone", m);
    }

    template <class Value, std::size_t Bytes>
    void copy_and_drop(std::uint64_t count) {
        std::optional<map<Value>> old(std::in_place, *arena_);
        take("empty", *old);
        fill<Value, Bytes>(*old, count);
        erase(*old, std::min(count, left_by_recreate), count);
        take("1000 left", *old);
        map<Value> fresh(*arena_);
        for (auto&& [key, value] : *old) {
            fresh.insert_or_assign(key, value);
        }
        take("copied", *old, &fresh);
        old.reset();
        collect();
        take("copied+gc", fresh);
    }

    template <class Value, std::size_t Bytes>
    void fill(map<Value>& m, std::uint64_t count) {
        for (std::uint64_t key = 0; key < count; ++key) {
            if constexpr (std::is_same_v<Value, boxed<std::array<std::byte, Bytes>>>) {
                *m[static_cast<std::int64_t>(key)] = values_of<Bytes>().next();
            } else {
                m.insert_or_assign(static_cast<std::int64_t>(key), values_of<Bytes>().next());
            }
        }
    }

    template <class Map>
    void erase(Map& m, std::uint64_t from, std::uint64_t to) {
        for (std::uint64_t key = from; key < to; ++key) {
            m.erase(static_cast<std::int64_t>(key));
        }
    }

    // What a malloc gives back by itself it gives back within a second of rest, or only when it is
    // called again. Where little could come back nobody waits.
    std::optional<std::uint64_t> resident_at_rest(const ledger& l) {
        constexpr std::uint64_t worth_a_wait = 16 << 20;
        const auto now = os::anonymous_resident_bytes();
        const std::uint64_t held = l.requested + l.slack + l.dead;
        if (!now || !resident_before_ || *now < *resident_before_ + held + worth_a_wait) {
            return now;
        }
        std::this_thread::sleep_for(std::chrono::seconds(1));
        return os::anonymous_resident_bytes();
    }

    void collect() {
        collected_ = true;
        if constexpr (requires(Arena & a) { a.collect(); }) {
            arena_->collect();
        }
    }

    template <std::size_t Bytes>
    static values<Bytes>& values_of() {
        static values<Bytes> source;
        return source;
    }

    template <class Map>
    void take(const char* step, const Map& m, const Map* other = nullptr) {
        record r;
        r.seconds = std::chrono::duration<double>(clock::now() - begun_).count();
        const ledger l = arena_->read();
        const auto resident = collected_ ? resident_at_rest(l) : os::anonymous_resident_bytes();
        r.step = step;
        r.requested = l.requested;
        r.slack = l.slack;
        r.dead = l.dead;
        r.mapped = l.mapped;
        r.peak = l.peak;
        if (resident && resident_before_) {
            r.resident =
                static_cast<std::int64_t>(*resident) - static_cast<std::int64_t>(*resident_before_);
        }
        parts p;
        add(p, m);
        if (other != nullptr) {
            add(p, *other);
        }
        p.rounding += l.slack;
        p.dead = l.dead;
        if constexpr (TellsIdle) {
            r.idle = l.idle;
            r.overhead = l.overhead;
            p.allocator = l.idle + l.overhead;
        }
        r.held = p;
        sink_(r);
        begun_ = clock::now();
    }

    template <class Map>
    static void add(parts& p, const Map& m) {
        const auto held = m.composition();
        p.payload += held.payload;
        p.pointers += held.pointers;
        p.empty_slots += held.empty_slots;
        p.tophash += held.tophash;
        p.overflow += held.links + held.spare_buckets;
        p.moved += held.moved_buckets;
        p.header += held.header;
        p.rounding += held.padding;
    }

    const record_sink& sink_;
    std::optional<std::uint64_t> resident_before_;
    std::optional<Arena> arena_;
    clock::time_point begun_ = clock::now();
    bool collected_ = false; // the last step is at hand
};

/// Runs the scenario of `c` for its size of values.
template <class Arena, bool TellsIdle>
void run_scenario(const cell& c, const record_sink& sink) {
    scenario<Arena, TellsIdle> s(sink);
    switch (c.value_bytes) {
    case 8:
        return s.template run<8>(c);
    case 64:
        return s.template run<64>(c);
    case 128:
        return s.template run<128>(c);
    case 129:
        return s.template run<129>(c);
    case 256:
        return s.template run<256>(c);
    default:
        return s.template run<1024>(c);
    }
}

} // namespace ebb::bench
