// cell: fifteen slots in one line: tags of two bytes, and the numbers of their elements.
//
//     0                    30  32                      62  64
//     +----+----+- - -+----+---+----+----+- - - - +----+---+
//     | t0 | t1 |     | t14| o | n0 | n1 |        | n14|   |   aligned to 64
//     +----+----+- - -+----+---+----+----+- - - - +----+---+
//
// As group, for elements that lie in an array: a tag that fits by chance would cost the lines of a
// number and of an element, 0.3 us where neither is near. Of eight bits, one look-up in 22 came
// upon such a one; of these fifteen, one in 2,800. The line is read anyway, for the number.
#pragma once

#include <ebb/maps/hash/group.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ebb::detail {

/// The slots of fifteen elements of an array. Cost: a match is two 16-byte comparisons; without
/// SSE2, fifteen of two bytes.
struct alignas(64) cell {
    static constexpr unsigned slots = group::slots;
    static constexpr std::uint32_t all = group::all;

    std::uint16_t tags[slots];
    std::uint16_t overflow;
    std::uint16_t numbers[slots];
    std::uint16_t unused;

    /// Never 0.
    [[nodiscard]] static std::uint16_t tag_of(std::uint64_t hash) noexcept {
        return static_cast<std::uint16_t>(hash >> 16 | 1);
    }
    /// What match takes.
    [[nodiscard]] static std::uint16_t tags_of(std::uint64_t hash) noexcept { return tag_of(hash); }
    [[nodiscard]] static std::uint16_t overflow_bit(std::uint64_t hash) noexcept {
        return static_cast<std::uint16_t>(1U << (hash >> 32 & 15));
    }

    /// A bit a slot: whose tag is this one.
    [[nodiscard]] std::uint32_t match(std::uint16_t tag) const noexcept { return equal(tags, tag); }
    /// A bit a slot: which full one holds this number.
    [[nodiscard]] std::uint32_t holding(std::uint16_t number) const noexcept {
        return equal(numbers, number) & full_slots();
    }
    [[nodiscard]] std::uint32_t empty_slots() const noexcept { return match(0); }
    [[nodiscard]] std::uint32_t full_slots() const noexcept { return match(0) ^ all; }

    [[nodiscard]] bool passed_by(std::uint64_t hash) const noexcept {
        return (overflow >> (hash >> 32 & 15) & 1) != 0;
    }

  private:
    [[nodiscard]] static std::uint32_t equal(const std::uint16_t (&all_of)[slots],
                                             std::uint16_t wanted) noexcept {
#ifdef __SSE2__
        const auto* const halves = reinterpret_cast<const __m128i*>(&all_of);
        const __m128i same = _mm_set1_epi16(static_cast<short>(wanted));
        const __m128i low = _mm_cmpeq_epi16(_mm_load_si128(halves), same);
        const __m128i high = _mm_cmpeq_epi16(_mm_load_si128(halves + 1), same);
        return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_packs_epi16(low, high))) & all;
#else
        std::uint32_t fit = 0;
        for (unsigned i = 0; i < slots; ++i) {
            fit |= static_cast<std::uint32_t>(all_of[i] == wanted) << i;
        }
        return fit;
#endif
    }
};
static_assert(sizeof(cell) == 64);

/// As no_slots.
inline constexpr cell no_cells{};

} // namespace ebb::detail
