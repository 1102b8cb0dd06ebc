// The scenarios that run in a cell's process: fill a map, empty it, watch where the bytes stand.
#pragma once

#include <ebb/alloc/arena/std_allocator.h>
#include <ebb/alloc/base/check.h>
#include <ebb/bench/maps/cell.h>
#include <ebb/bench/maps/meter.h>
#include <ebb/bench/maps/values.h>
#include <ebb/maps/boxed.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>

namespace ebb::bench {

/// The memory of maps that are made over an arena, or over a std allocator of it.
/// `TellsIdle`: whether the arena knows what the allocator under it holds beyond the blocks.
template <class Arena, bool TellsIdle>
class over_arena {
  public:
    static constexpr bool tells_idle = TellsIdle;

    template <class Map>
    [[nodiscard]] Map make() {
        return Map(arena_);
    }
    template <class Map>
    [[nodiscard]] ledger read(const Map&) const {
        return arena_.read();
    }
    void collect() {
        if constexpr (requires(Arena & a) { a.collect(); }) {
            arena_.collect();
        }
    }

  private:
    Arena arena_;
};

/// The memory of maps that come with an arena of their own.
class of_its_own {
  public:
    static constexpr bool tells_idle = true;

    template <class Map>
    [[nodiscard]] Map make() {
        return Map();
    }
    template <class Map>
    [[nodiscard]] ledger read(const Map& m) const {
        return m.arena().read();
    }
    void collect() {}
};

/// Where the bytes of `m` are. A map that doesn't tell holds its entries, and a table.
template <std::size_t Bytes, class Map>
void add_parts(parts& p, const Map& m, [[maybe_unused]] const ledger& l) {
    const std::uint64_t payload = m.size() * (sizeof(std::int64_t) + Bytes);
    p.payload += payload;
    if constexpr (requires { m.composition(); }) {
        const auto held = m.composition();
        p.pointers += held.pointers;
        p.empty_slots += held.empty_slots;
        p.tophash += held.tophash;
        p.overflow += held.links + held.spare_buckets;
        p.moved += held.moved_buckets;
        p.header += held.header;
        p.rounding += held.padding + (held.payload - payload); // a pair's end is aligned, too
    } else {
        p.table += l.requested - payload;
    }
}

template <std::size_t Bytes, class Map>
void fill(Map& m, std::uint64_t count) {
    values<Bytes> source;
    for (std::uint64_t n = 0; n < count; ++n) {
        const auto key = static_cast<std::int64_t>(n);
        if constexpr (std::is_same_v<typename Map::mapped_type,
                                     boxed<std::array<std::byte, Bytes>>>) {
            *m[key] = source.next();
        } else if constexpr (requires { m.insert_or_assign(key, source.next()); }) {
            m.insert_or_assign(key, source.next());
        } else {
            m[key] = source.next();
        }
    }
}

template <class Map>
void erase(Map& m, std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t key = from; key < to; ++key) {
        m.erase(static_cast<std::int64_t>(key));
    }
}

/// Fills a map, then erases every entry, one by one.
template <std::size_t Bytes, class Map, class Memory>
void fill_and_empty(std::uint64_t count, const record_sink& sink) {
    meter steps(sink);
    Memory memory;
    Map m = memory.template make<Map>();
    const auto take = [&](const char* step) {
        const ledger l = memory.read(m);
        if constexpr (requires { m.footprint(); }) {
            EBB_CHECK(m.footprint().total() == l.requested,
                      "ebb-cell: the map and its arena tell of different bytes");
        }
        parts held;
        add_parts<Bytes>(held, m, l);
        steps.take(step, l, Memory::tells_idle, held);
    };
    take("empty");
    fill<Bytes>(m, count);
    take("full");
    erase(m, 0, count);
    steps.at_the_end();
    memory.collect();
    take("gone");
}

/// The remedy: what is left of a map is copied into a new one, and the old one dropped.
template <std::size_t Bytes, class Map, class Memory>
void copy_and_drop(std::uint64_t count, const record_sink& sink) {
    meter steps(sink);
    Memory memory;
    const auto take = [&](const char* step, const Map& m, const Map* other = nullptr) {
        const ledger l = memory.read(m);
        parts held;
        add_parts<Bytes>(held, m, l);
        if (other != nullptr) {
            add_parts<Bytes>(held, *other, l);
        }
        steps.take(step, l, Memory::tells_idle, held);
    };
    std::optional<Map> old(memory.template make<Map>());
    take("empty", *old);
    fill<Bytes>(*old, count);
    erase(*old, std::min(count, left_by_recreate), count);
    take("1000 left", *old);
    Map fresh = memory.template make<Map>();
    for (auto&& [key, value] : *old) {
        fresh.insert_or_assign(key, value);
    }
    take("copied", *old, &fresh);
    old.reset();
    steps.at_the_end();
    memory.collect();
    take("copied+gc", fresh);
}

/// Calls `f` with the cell's size of values as a constant.
template <class F>
void with_size_of_values(const cell& c, const F& f) {
    switch (c.value_bytes) {
    case 8:
        return f(std::integral_constant<std::size_t, 8>());
    case 64:
        return f(std::integral_constant<std::size_t, 64>());
    case 128:
        return f(std::integral_constant<std::size_t, 128>());
    case 129:
        return f(std::integral_constant<std::size_t, 129>());
    case 256:
        return f(std::integral_constant<std::size_t, 256>());
    default:
        return f(std::integral_constant<std::size_t, 1024>());
    }
}

} // namespace ebb::bench
