// segment: a part of the map with groups of its own, as many as its elements need.
//
// Elements of up to 32 bytes lie in the slots. A segment's index is one block:
//
//     +---------+---------+- - -+---------+--------------+- - -+--------------+
//     | group 0 | group 1 |     | group n | 15 elements  |     | 15 elements  |
//     +---------+---------+- - -+---------+--------------+- - -+--------------+
//      16 bytes each                       slots of group 0      slots of group n
//
// Larger ones lie in an array beside it, and a slot holds two bytes: which of them. A removal moves
// the array's last element into the hole; its lines were fetched by the removals before it.
// 1,000,000 elements of 136 bytes are erased in 157 to 167 ns each so; with holes that waited for a
// give-back to fill them it took 170 to 187.
//
//     +--------+--------+- - -+--------+     +----+----+----+- - -+
//     | cell 0 | cell 1 |     | cell n |     | e0 | e1 | e2 |     |
//     +--------+--------+- - -+--------+     +----+----+----+- - -+
//              index                          elements
//
// Both kinds: an element's group is its hash's upper half as a fraction of the groups, so that any
// number of groups will do; a full group passes on to the next. Bytes for 1,000,000 elements:
// 16-byte ones 1.06 / load, 136-byte ones 1 + 3.07 / 136 / load.
#pragma once

#include <ebb/maps/hash/cell.h>
#include <ebb/maps/hash/group.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ebb::detail {

/// How full groups may become on average: all of a single group, else `most` of its 15 slots.
template <class Layout>
[[nodiscard]] constexpr std::uint32_t most_in_groups(std::uint32_t groups) noexcept {
    return groups <= 1 ? groups * group::slots : groups * Layout::most_in_group;
}

/// Groups for `count` elements with room for a quarter more.
template <class Layout>
[[nodiscard]] constexpr std::uint32_t groups_for(std::size_t count) noexcept {
    if (count <= group::slots) {
        return count == 0 ? 0 : 1;
    }
    return static_cast<std::uint32_t>(
        std::max<std::size_t>(count * 5 / (Layout::most_in_group * 4) + 1, 2));
}

/// In a map of fewer segments their groups grow by a half at a time, later by a fifth: an element
/// is moved twice and not five times while its segment doubles, and what that leaves empty is
/// little as yet. Inserts of 8-byte keys and values, ns each in maps of 100, 1,000, 10,000 and
/// 100,000 (median of 5): 18, 18, 34, 43; with a fifth from the first on 26, 36, 45, 53.
/// Bytes for 10,000: 1.6 times the elements', instead of 1.4.
inline constexpr std::size_t few_segments = 32;

/// As the layouts' `percent`, of a map's only segment: erase of 8-byte keys and values takes 12 and
/// 8 ns in maps of 100 and 1,000, with 55 % 21 and 16. At most 128 KiB wait for it.
inline constexpr std::size_t alone_percent = 30;

/// The group where the search for a key begins.
[[nodiscard]] inline std::uint32_t home_group(std::uint64_t hash, std::uint32_t groups) noexcept {
    return static_cast<std::uint32_t>((hash >> 32) * groups >> 32);
}

/// Elements in their slots.
template <class Element>
struct slot_layout {
    static constexpr bool has_array = false;
    static constexpr std::uint32_t most_in_group = 13;
    /// Of most_in_group; with fewer elements the groups are written anew, and fewer.
    static constexpr std::size_t percent = 55;
    /// Elements a segment has on average: 32 KiB of them, and no more than half of what a split
    /// notes on the stack (table_placing.h).
    static constexpr std::size_t per_segment =
        std::min<std::size_t>(std::bit_floor(32768 / sizeof(Element)), 4096);
    using group = detail::group;
    static constexpr std::size_t group_bytes = sizeof(group) + group::slots * sizeof(Element);

    struct segment {
        group* groups = const_cast<group*>(&no_slots);
        std::byte* slots = nullptr;
        std::uint32_t group_count = 0;
        std::uint32_t count = 0;
        std::uint32_t stale = 0;     ///< removals that may have left an overflow bit for nothing
        std::uint32_t shrink_at = 0; ///< count at which there is something to give back
    };

    [[nodiscard]] static Element* element(const segment& s, std::uint32_t g,
                                          std::uint32_t i) noexcept {
        return reinterpret_cast<Element*>(s.slots) + (std::size_t{g} * group::slots + i);
    }
};

/// Elements in an array, slots with their numbers.
template <class Element>
struct array_layout {
    static constexpr bool has_array = true;
    static constexpr std::uint32_t most_in_group = 13;
    /// Of most_in_group. So the index of two merged segments, at 80 % and at 40 % when the next are
    /// merged, is written anew by neither: 1,000,000 elements of 136 bytes are erased in 151 to 157
    /// ns each, at 40 % in 162 to 167, and take 1.10 times their bytes at most on the way with
    /// both.
    static constexpr std::size_t percent = 28;
    /// 400 KiB of elements, so that the half pages at the ends of blocks are 1 % of them.
    static constexpr std::size_t per_segment =
        std::clamp<std::size_t>(417792 / sizeof(Element), 16, 8192);
    using group = cell;
    static constexpr std::size_t group_bytes = sizeof(group);

    struct segment {
        group* groups = const_cast<group*>(&no_cells);
        std::uint32_t group_count = 0;
        std::uint32_t count = 0;
        Element* elements = nullptr;
        std::uint32_t capacity = 0;
        std::uint32_t stale = 0;
        std::uint32_t shrink_at = 0;
    };
    /// Two bytes number them. Only a hash that hardly tells keys apart brings so many together.
    static constexpr std::uint32_t most = (1U << 16) - 1;

    [[nodiscard]] static std::uint16_t& number(const segment& s, std::uint32_t g,
                                               std::uint32_t i) noexcept {
        return s.groups[g].numbers[i];
    }
    [[nodiscard]] static Element* element(const segment& s, std::uint32_t g,
                                          std::uint32_t i) noexcept {
        return s.elements + number(s, g, i);
    }

    /// Fetches the first lines of the element `away` from `e`, which may lie outside the array.
    static void fetch(const Element* e, std::ptrdiff_t away) noexcept {
        const auto* const line =
            reinterpret_cast<const std::byte*>(reinterpret_cast<std::uintptr_t>(e) +
                                               static_cast<std::uintptr_t>(away) * sizeof(Element));
        __builtin_prefetch(line);
        if constexpr (sizeof(Element) > 64) {
            __builtin_prefetch(line + 64);
        }
    }

    /// Moves `g` on to the group that holds number n; returns the slot. Requires: one holds it.
    [[nodiscard]] static std::uint32_t slot_of(const segment& s, std::uint32_t& g,
                                               std::uint32_t n) noexcept {
        for (;; g = g + 1 == s.group_count ? 0 : g + 1) {
            if (const std::uint32_t fit = s.groups[g].holding(static_cast<std::uint16_t>(n));
                fit != 0) {
                return static_cast<std::uint32_t>(std::countr_zero(fit));
            }
        }
    }
};

} // namespace ebb::detail
