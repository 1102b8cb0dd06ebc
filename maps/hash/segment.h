// segment: a part of the map with groups of its own, as many as its elements need.
//
// Elements lie in chunks of a page or two, which a segment finds by a table of pointers. The table
// lies before the segment's groups, its first entry last, so that one address leads to both.
//
// Elements of up to 32 bytes lie in the slots of their group. A segment's tags fill one chunk at
// most, and the slots of so many groups lie in each further one:
//
//     +----------------+---------+---------+- -      +--------------+--------------+- -
//     | chunks 2, 1, 0 | group 0 | group 1 |         | slots of 0   | slots of 1   |   chunk 0
//     +----------------+---------+---------+- -      +--------------+--------------+- -
//      8 bytes each     16 bytes each                 15 elements
//
// Larger ones lie in an array, which is made of chunks in a row, and a slot holds two bytes: which
// of them. A removal moves the array's last element into the hole.
//
//     +----------------+--------+--------+- -         +----+----+----+- - -+----+
//     | chunks 2, 1, 0 | cell 0 | cell 1 |            | e0 | e1 | e2 |     | en |   chunk 0
//     +----------------+--------+--------+- -         +----+----+----+- - -+----+
//      index                                           as many as fit, none across chunks
//
// So a segment grows and shrinks by chunks, two segments become one without moving what fills its
// chunk, and a chunk can move without touching the groups. A map of one segment has its chunks,
// and slots that fill less than a chunk, in plain blocks.
//
// Both kinds: an element's group is its hash's upper half as a fraction of the groups, so that any
// number of groups will do; a full group passes on to the next. Bytes for 1,000,000 elements:
// 16-byte ones 1.06 / load, 136-byte ones 1 + 3.05 / 136 / load.
#pragma once

#include <ebb/maps/hash/cell.h>
#include <ebb/maps/hash/group.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ebb::detail {

/// How full groups may become on average: all of a single group, else `most` of its slots.
template <class Layout>
[[nodiscard]] constexpr std::uint32_t most_in_groups(std::uint32_t groups) noexcept {
    return groups <= 1 ? groups * Layout::group::slots : groups * Layout::most_in_group;
}

/// Groups for `count` elements with room for some more.
template <class Layout>
[[nodiscard]] constexpr std::uint32_t groups_for(std::size_t count) noexcept {
    if (count <= Layout::group::slots) {
        return count == 0 ? 0 : 1;
    }
    return static_cast<std::uint32_t>(std::max<std::size_t>(
        count * (Layout::spare + 1) / (Layout::most_in_group * Layout::spare) + 1, 2));
}

/// In a map of fewer segments their groups grow by a half at a time, later by a fifth or less: an
/// element is moved twice and not five times while its segment doubles, and what that leaves empty
/// is little as yet. Inserts of 8-byte keys and values, ns each in maps of 100, 1,000, 10,000 and
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

/// A segment's chunks, for elements of so many bytes.
struct chunk_size {
    std::size_t pages = 0;

    /// Of the elements' bytes, in millionths: what a chunk leaves over at its end, and the half of
    /// a chunk at the end of a segment of `segment_bytes` and of a third fewer.
    [[nodiscard]] static constexpr std::size_t waste(std::size_t element, std::size_t pages,
                                                     std::size_t segment_bytes) noexcept {
        const std::size_t bytes = pages * 4096;
        const std::size_t over = bytes % element;
        return over * 1000000 / bytes + bytes * 700000 / segment_bytes;
    }
    /// Bytes of a segment with chunks of so many pages.
    [[nodiscard]] static constexpr std::size_t segment_bytes(std::size_t pages) noexcept {
        return std::max<std::size_t>(417792, pages * 4096 * 32);
    }
    /// Up to 64 KiB that waste the least; larger elements have a chunk each.
    [[nodiscard]] static constexpr std::size_t for_array(std::size_t element) noexcept {
        if (element > 32768) {
            return (element + 4095) / 4096;
        }
        std::size_t best = 0;
        for (std::size_t pages = (element + 4095) / 4096; pages <= 16; ++pages) {
            if (best == 0 || waste(element, pages, segment_bytes(pages)) <
                                 waste(element, best, segment_bytes(best))) {
                best = pages;
            }
        }
        return best;
    }
    /// A page, or two.
    [[nodiscard]] static constexpr std::size_t for_slots(std::size_t fifteen) noexcept {
        return 4096 % fifteen > 4096 / 32 && 8192 % fifteen < 4096 % fifteen ? 2 : 1;
    }
};

/// Elements in their slots.
template <class Element>
struct slot_layout {
    static constexpr bool has_array = false;
    static constexpr std::uint32_t most_in_group = 13;
    /// Of most_in_group; with fewer elements the groups are written anew, and fewer.
    static constexpr std::size_t percent = 55;
    static constexpr std::uint32_t spare = 4;  // a part of what groups are made for
    static constexpr std::uint32_t growth = 5; // a part of the groups there are
    using group = detail::group;
    static constexpr std::size_t group_bytes = sizeof(group) + group::slots * sizeof(Element);

    static constexpr std::size_t chunk_bytes =
        chunk_size::for_slots(group::slots * sizeof(Element)) * 4096;
    static constexpr std::uint32_t per_chunk = // groups
        chunk_bytes / (group::slots * sizeof(Element));
    /// Chunks of slots whose tags and table fit into one.
    static constexpr std::uint32_t most_chunks =
        (chunk_bytes - 8) / (per_chunk * sizeof(group) + 8);
    /// Groups that a segment in chunks has at most: others are in one block.
    static constexpr std::uint32_t most_groups = most_chunks < 2 ? 0 : most_chunks * per_chunk;
    /// Elements a segment has on average: half of what fits, less four standard deviations.
    static constexpr std::size_t per_segment =
        most_groups == 0 ? std::min<std::size_t>(std::bit_floor(32768 / sizeof(Element)), 4096)
                         : std::size_t{most_groups} * most_in_group / 14 * 13 / 2;

    struct segment {
        group* groups = const_cast<group*>(&no_slots);
        std::uint32_t group_count = 0;
        std::uint32_t count = 0;
        std::uint32_t stale = 0;     ///< removals that may have left an overflow bit for nothing
        std::uint32_t shrink_at = 0; ///< count at which there is something to give back
        std::uint32_t chunks = 0;    ///< of slots; none where all lie in one block
    };

    /// Bytes of the table before the groups.
    [[nodiscard]] static std::size_t table_bytes(std::uint32_t groups) noexcept {
        return ((groups + per_chunk - 1) / per_chunk * sizeof(Element*) + 15) / 16 * 16;
    }
    [[nodiscard]] static bool is_crowded(const segment&) noexcept { return false; }
    [[nodiscard]] static Element*& chunk(const segment& s, std::uint32_t n) noexcept {
        return reinterpret_cast<Element**>(s.groups)[-1 - static_cast<std::ptrdiff_t>(n)];
    }
    [[nodiscard]] static Element* element(const segment& s, std::uint32_t g,
                                          std::uint32_t i) noexcept {
        return chunk(s, g / per_chunk) + (std::size_t{g % per_chunk} * group::slots + i);
    }
    /// f(g, its first slot) for each group, without a division for each.
    template <class F>
    [[gnu::always_inline]] static void each_group(const segment& s, const F& f) {
        std::uint32_t g = 0;
        for (std::uint32_t n = 0; g < s.group_count; ++n) {
            Element* first = chunk(s, n);
            const std::uint32_t end = std::min(g + per_chunk, s.group_count);
            for (; g < end; ++g, first += group::slots) {
                f(g, first);
            }
        }
    }
    /// Whether a slot that matched may be that of this hash.
    [[nodiscard]] static bool fits(const segment&, std::uint32_t, std::uint32_t,
                                   std::uint64_t) noexcept {
        return true;
    }
};

/// Elements in an array, slots with their numbers: which chunk, and which of its elements.
template <class Element>
struct array_layout {
    static constexpr bool has_array = true;
    static constexpr std::uint32_t most_in_group = 16;
    /// Of most_in_group. So the index of two merged segments, at 80 % and at 40 % when the next are
    /// merged, is written anew by neither.
    static constexpr std::size_t percent = 28;
    static constexpr std::uint32_t spare = 8;
    static constexpr std::uint32_t growth = 6;
    using group = cell;
    /// Indexes are runs of so many bytes.
    static constexpr std::size_t index_unit = 1024;
    static constexpr std::size_t group_bytes = sizeof(group);

    static constexpr std::size_t chunk_bytes = chunk_size::for_array(sizeof(Element)) * 4096;
    static constexpr std::uint32_t per_chunk = chunk_bytes / sizeof(Element); // elements
    /// The low bits of a number count within its chunk.
    static constexpr unsigned shift = std::bit_width(per_chunk - 1);
    static constexpr std::uint32_t mask = (1U << shift) - 1;
    /// Thirteen bits number them. Of more, which thousands of equal hashes alone bring together,
    /// the index is a crowd.
    static constexpr std::uint32_t most = (8192U >> shift) * per_chunk;
    /// 400 KiB of elements, so that the half pages at the ends of segments are 1 % of them.
    /// And no more than leave a number's upper bits free in the fullest segment.
    static constexpr std::size_t per_segment = std::min<std::size_t>(
        std::clamp<std::size_t>(chunk_size::segment_bytes(chunk_bytes / 4096) / sizeof(Element), 16,
                                8192),
        std::size_t{most} * 13 / 28);

    struct segment {
        group* groups = const_cast<group*>(&no_cells);
        std::uint32_t group_count = 0;
        std::uint32_t count = 0;
        std::uint32_t capacity =
            0; ///< of the chunks; less than per_chunk where there is part of one
        std::uint32_t stale = 0;
        std::uint32_t shrink_at = 0;
        std::uint32_t tag_bits = cell::most_tag_bits; ///< of its numbers, or `crowded`
    };
    /// Where the index is a crowd. Then there are no groups.
    static constexpr std::uint32_t crowded = 0x10000;
    [[nodiscard]] static bool is_crowded(const segment& s) noexcept {
        return s.tag_bits == crowded;
    }

    /// Chunks that so many elements fill, the last in part.
    [[nodiscard]] static constexpr std::uint32_t chunks(std::size_t count) noexcept {
        return static_cast<std::uint32_t>((count + per_chunk - 1) / per_chunk);
    }
    /// Entries of a table for all that so many groups may hold, and a chunk.
    [[nodiscard]] static constexpr std::uint32_t entries(std::uint32_t groups) noexcept {
        return groups == 0
                   ? 0
                   : (chunks(std::min(most_in_groups<array_layout>(groups), most)) + 8) / 8 * 8;
    }
    [[nodiscard]] static constexpr std::size_t table_bytes(std::uint32_t groups) noexcept {
        return entries(groups) * sizeof(Element*);
    }
    [[nodiscard]] static Element*& chunk(const segment& s, std::uint32_t n) noexcept {
        return reinterpret_cast<Element**>(s.groups)[-1 - static_cast<std::ptrdiff_t>(n)];
    }
    /// The number of the array's nth.
    [[nodiscard]] static constexpr std::uint32_t nth(std::uint32_t n) noexcept {
        return (n / per_chunk << shift) + n % per_chunk;
    }
    [[nodiscard]] static constexpr std::uint32_t after(std::uint32_t number) noexcept {
        return (number & mask) + 1 == per_chunk ? ((number >> shift) + 1) << shift : number + 1;
    }
    [[nodiscard]] static constexpr std::uint32_t before(std::uint32_t number) noexcept {
        return (number & mask) != 0 ? number - 1
                                    : (((number >> shift) - 1) << shift) + (per_chunk - 1);
    }
    /// The element of this number.
    [[nodiscard]] static Element* at(const segment& s, std::uint32_t number) noexcept {
        return chunk(s, number >> shift) + (number & mask);
    }

    /// Of the element of a position: a crowd's has its number where others have a group.
    [[nodiscard]] static std::uint32_t number(const segment& s, std::uint32_t g,
                                              std::uint32_t i) noexcept {
        return __builtin_expect(is_crowded(s), 0) ? g : s.groups[g].number(i, s.tag_bits);
    }
    /// Requires: no crowd.
    [[nodiscard]] static Element* element(const segment& s, std::uint32_t g,
                                          std::uint32_t i) noexcept {
        return at(s, s.groups[g].number(i, s.tag_bits));
    }
    /// Whether a slot that matched may be that of this hash.
    [[nodiscard]] static bool fits(const segment& s, std::uint32_t g, std::uint32_t i,
                                   std::uint64_t hash) noexcept {
        return s.groups[g].fits(i, hash, s.tag_bits);
    }

    /// Fetches the first lines of an element.
    static void fetch(const Element* e) noexcept {
        const auto* const line = reinterpret_cast<const std::byte*>(e);
        __builtin_prefetch(line);
        if constexpr (sizeof(Element) > 64) {
            __builtin_prefetch(line + 64);
        }
    }

    /// Moves `g` on to the group that holds this number; returns the slot. Requires: one holds it.
    [[nodiscard]] static std::uint32_t slot_of(const segment& s, std::uint32_t& g,
                                               std::uint32_t number) noexcept {
        for (;; g = g + 1 == s.group_count ? 0 : g + 1) {
            if (const std::uint32_t fit = s.groups[g].holding(number, s.tag_bits); fit != 0) {
                return static_cast<std::uint32_t>(std::countr_zero(fit));
            }
        }
    }
};

} // namespace ebb::detail
