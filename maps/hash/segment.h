// segment: a part of the map with groups of its own, as many as its elements need.
//
// Elements of up to 32 bytes lie in the slots. A segment's index is one block:
//
//     +---------+---------+- - -+---------+--------------+- - -+--------------+
//     | group 0 | group 1 |     | group n | 15 elements  |     | 15 elements  |
//     +---------+---------+- - -+---------+--------------+- - -+--------------+
//      16 bytes each                       slots of group 0      slots of group n
//
// Larger ones lie without a gap in an array beside it, and a slot holds three bytes: which of them.
// Removing one moves the segment's last into its place.
//
//     +---------+- - -+---------+---------+- - -+---------+     +----+----+----+- - -+
//     | group 0 |     | group n | 15 x 3  |     | 15 x 3  |     | e0 | e1 | e2 |     |
//     +---------+- - -+---------+---------+- - -+---------+     +----+----+----+- - -+
//                                index                            elements
//
// Both kinds: an element's group is its hash's upper half as a fraction of the groups, so that any
// number of groups will do; a full group passes on to the next. Bytes for 1,000,000 elements:
// 16-byte ones 1.06 / load, 136-byte ones 1 + 4.06 / 136 / load.
#pragma once

#include <ebb/maps/hash/group.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ebb::detail {

/// How full groups may become: 13 of 15 slots on average, but all of a single group. At 13.8 of 15
/// one look-up in 8 went to a second group, and 1 in 30 at this.
[[nodiscard]] constexpr std::uint32_t most_in_groups(std::uint32_t groups) noexcept {
    return groups <= 1 ? groups * group::slots : groups * 13;
}

/// Groups for `count` elements with room for a quarter more.
[[nodiscard]] constexpr std::uint32_t groups_for(std::size_t count) noexcept {
    if (count <= group::slots) {
        return count == 0 ? 0 : 1;
    }
    return static_cast<std::uint32_t>(std::max<std::size_t>(count * 5 / 52 + 1, 2));
}

/// The group where the search for a key begins.
[[nodiscard]] inline std::uint32_t home_group(std::uint64_t hash, std::uint32_t groups) noexcept {
    return static_cast<std::uint32_t>((hash >> 32) * groups >> 32);
}

/// Elements in their slots.
template <class Element>
struct slot_layout {
    static constexpr bool has_array = false;
    /// Elements a segment has on average: 32 KiB of them.
    static constexpr std::size_t per_segment = std::bit_floor(32768 / sizeof(Element));
    static constexpr std::size_t slot_bytes = sizeof(Element);

    struct segment {
        group* groups = const_cast<group*>(&no_slots);
        std::byte* slots = nullptr;
        std::uint32_t group_count = 0;
        std::uint32_t count = 0;
        std::uint32_t stale = 0; ///< removals that may have left an overflow bit without a reason
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
    /// 200 to 400 KiB of elements, so that the half pages at the ends of blocks are 1 % of them.
    static constexpr std::size_t per_segment =
        std::bit_floor(std::clamp<std::size_t>(409600 / sizeof(Element), 16, 8192));
    static constexpr std::size_t slot_bytes = 3;

    struct segment {
        group* groups = const_cast<group*>(&no_slots);
        std::byte* slots = nullptr;
        std::uint32_t group_count = 0;
        std::uint32_t count = 0;
        Element* elements = nullptr;
        std::uint32_t capacity = 0;
        std::uint32_t stale = 0;
    };
    /// Three bytes number them. Only a hash that hardly tells keys apart could bring so many.
    static constexpr std::uint32_t most = (1U << 24) - 1;

    [[nodiscard]] static std::byte* slot(const segment& s, std::uint32_t g,
                                         std::uint32_t i) noexcept {
        return s.slots + (std::size_t{g} * group::slots + i) * slot_bytes;
    }
    [[nodiscard]] static std::uint32_t number(const segment& s, std::uint32_t g,
                                              std::uint32_t i) noexcept {
        std::uint32_t word; // one byte more is read than the slot has: the index ends with a spare
        std::memcpy(&word, slot(s, g, i), sizeof word);
        if constexpr (std::endian::native == std::endian::big) {
            return word >> 8;
        }
        return word & 0xffffff;
    }
    static void set_number(const segment& s, std::uint32_t g, std::uint32_t i,
                           std::uint32_t n) noexcept {
        const std::byte bytes[] = {std::byte(n), std::byte(n >> 8), std::byte(n >> 16)};
        if constexpr (std::endian::native == std::endian::big) {
            const std::byte turned[] = {bytes[2], bytes[1], bytes[0]};
            std::memcpy(slot(s, g, i), turned, sizeof turned);
        } else {
            std::memcpy(slot(s, g, i), bytes, sizeof bytes);
        }
    }
    [[nodiscard]] static Element* element(const segment& s, std::uint32_t g,
                                          std::uint32_t i) noexcept {
        return s.elements + number(s, g, i);
    }
};

/// Where the slots begin in an index of so many groups.
[[nodiscard]] constexpr std::size_t index_bytes(std::size_t groups,
                                                std::size_t slot_bytes) noexcept {
    return groups * (sizeof(group) + group::slots * slot_bytes) + (slot_bytes == 3 ? 1 : 0);
}

} // namespace ebb::detail
