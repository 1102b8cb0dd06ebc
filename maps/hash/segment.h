// segment: a part of the map with groups of its own, as many as its elements need.
//
// Elements of up to 32 bytes lie in the slots. A segment's index is one block:
//
//     +---------+---------+- - -+---------+--------------+- - -+--------------+
//     | group 0 | group 1 |     | group n | 15 elements  |     | 15 elements  |
//     +---------+---------+- - -+---------+--------------+- - -+--------------+
//      16 bytes each                       slots of group 0      slots of group n
//
// Larger ones lie in an array beside it, and a slot holds two bytes: which of them. A removal
// leaves a hole, noted by a bit; when one number in 32 is a hole they are filled from the array's
// end, many at a time, because finding the slots of so many that move costs a sixth of doing it one
// by one.
//
//     +--------+- - -+--------+-------+     +----+----+----+- - -+
//     | cell 0 |     | cell n | holes |     | e0 | e1 | e2 |     |
//     +--------+- - -+--------+-------+     +----+----+----+- - -+
//              index                         elements
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

/// One number in so many may be a hole.
inline constexpr std::uint32_t holes_in = 32;

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
    /// Elements a segment has on average: 32 KiB of them.
    static constexpr std::size_t per_segment = std::bit_floor(32768 / sizeof(Element));
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
    /// Of most_in_group. An index beside an array is small: it waits longer.
    static constexpr std::size_t percent = 40;
    /// 400 to 800 KiB of elements, so that the half pages at the ends of blocks are 1 % of them.
    static constexpr std::size_t per_segment =
        std::bit_floor(std::clamp<std::size_t>(819200 / sizeof(Element), 16, 8192));
    using group = cell;
    static constexpr std::size_t group_bytes = sizeof(group) + sizeof(std::uint16_t);

    struct segment {
        group* groups = const_cast<group*>(&no_cells);
        std::uint32_t group_count = 0;
        std::uint32_t count = 0;
        Element* elements = nullptr;
        std::uint32_t capacity = 0;
        std::uint32_t stale = 0;
        std::uint32_t shrink_at = 0;
        std::uint32_t top = 0; ///< numbers in use are below it; top - count of them are holes
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

    /// The slot that holds this number, of an element with this hash.
    [[nodiscard]] static std::uint16_t& number_in_slot(const segment& s, std::uint64_t hash,
                                                       std::uint32_t n) noexcept {
        const auto tags = group::tags_of(hash);
        for (std::uint32_t g = home_group(hash, s.group_count);;
             g = g + 1 == s.group_count ? 0 : g + 1) {
            for (std::uint32_t fit = s.groups[g].match(tags); fit != 0; fit &= fit - 1) {
                const auto i = static_cast<std::uint32_t>(std::countr_zero(fit));
                if (s.groups[g].numbers[i] == n) {
                    return s.groups[g].numbers[i];
                }
            }
        }
    }

    // The holes: a bit a number, behind the groups, sixteen for each.
    static std::uint16_t& hole_word(const segment& s, std::uint32_t n) noexcept {
        return reinterpret_cast<std::uint16_t*>(s.groups + s.group_count)[n / 16];
    }
    [[nodiscard]] static bool is_hole(const segment& s, std::uint32_t n) noexcept {
        return (hole_word(s, n) >> n % 16 & 1) != 0;
    }
    static void flip_hole(const segment& s, std::uint32_t n) noexcept {
        hole_word(s, n) = static_cast<std::uint16_t>(hole_word(s, n) ^ 1U << n % 16);
    }
    /// The next number from here on that is a hole (`Hole`) or an element. Requires: there is one.
    template <bool Hole>
    [[nodiscard]] static std::uint32_t next(const segment& s, std::uint32_t n) noexcept {
        for (;; n = (n / 16 + 1) * 16) {
            const std::uint32_t word = hole_word(s, n);
            const std::uint32_t fit = (Hole ? word : ~word & 0xffff) >> n % 16;
            if (fit != 0) {
                return n + static_cast<std::uint32_t>(std::countr_zero(fit));
            }
        }
    }
    /// The element below number n, or none.
    [[nodiscard]] static Element* below(const segment& s, std::uint32_t n) noexcept {
        while (n > 0) {
            if (!is_hole(s, --n)) {
                return s.elements + n;
            }
        }
        return nullptr;
    }
};

} // namespace ebb::detail
