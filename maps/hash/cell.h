// cell: eighteen slots in one line: tags of eleven bits, and the numbers of their elements.
//
//     0                    18                       54   56              64
//     +----+----+- - -+-----+----+----+- - - +-----+----+----------------+
//     | t0 | t1 |     | t17 | n0 | n1 |      | n17 |    | rest, overflow |   aligned to 64
//     +----+----+- - -+-----+----+----+- - - +-----+----+----------------+
//
// As group, for elements that lie in an array: a tag that fits by chance would cost the lines of an
// element, 0.3 us where it isn't near. Of the eight bits in t, one look-up in 17 comes upon such a
// one; with the three more of its slot in `rest`, one in 140. The line is read anyway, for the
// number. Bits of `rest`: three a slot, from the lowest on; from 56 on group's overflow byte.
#pragma once

#include <ebb/maps/hash/group.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ebb::detail {

/// The slots of eighteen elements of an array. Cost: a match is two 16-byte comparisons; without
/// SSE2, eighteen of a byte.
struct alignas(64) cell {
    static constexpr unsigned slots = 18;
    static constexpr std::uint32_t all = 0x3ffff;

    std::uint8_t tags[slots];
    std::uint16_t numbers[slots];
    std::uint16_t unused;
    std::uint64_t rest;

    /// What match takes.
    [[nodiscard]] static std::uint32_t tags_of(std::uint64_t hash) noexcept {
        return group::tags_of(hash);
    }
    /// Slot i, an empty one, becomes that of an element of this hash.
    void set(std::uint32_t i, std::uint64_t hash) noexcept {
        tags[i] = group::tag_of(hash);
        rest |= (hash >> 20 & 7) << i * 3;
    }
    void clear(std::uint32_t i) noexcept {
        tags[i] = 0;
        rest &= ~(std::uint64_t{7} << i * 3);
    }

    /// A bit a slot: where eight bits of the tag fit.
    [[nodiscard]] std::uint32_t match(std::uint32_t four_tags) const noexcept {
#ifdef __SSE2__
        const __m128i wanted = _mm_shuffle_epi32(_mm_cvtsi32_si128(static_cast<int>(four_tags)), 0);
        const __m128i low = _mm_load_si128(reinterpret_cast<const __m128i*>(this));
        const __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(tags + 2));
        const auto fit = static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(low, wanted)));
        const auto end =
            static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(high, wanted)));
        return fit | end >> 14 << 16;
#else
        std::uint32_t fit = 0;
        for (unsigned i = 0; i < slots; ++i) {
            fit |= static_cast<std::uint32_t>(tags[i] == static_cast<std::uint8_t>(four_tags)) << i;
        }
        return fit;
#endif
    }
    /// Whether the rest of the tag of a slot that matched fits too.
    [[nodiscard]] bool fits(std::uint32_t i, std::uint64_t hash) const noexcept {
        return ((rest >> i * 3 ^ hash >> 20) & 7) == 0;
    }
    /// A bit a slot: which full one holds this number.
    [[nodiscard]] std::uint32_t holding(std::uint16_t number) const noexcept {
        std::uint32_t fit = 0;
#ifdef __SSE2__
        const __m128i wanted = _mm_set1_epi16(static_cast<short>(number));
        const auto at = [&](unsigned i) {
            return _mm_cmpeq_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(numbers + i)),
                                   wanted);
        };
        const auto low =
            static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_packs_epi16(at(0), at(8))));
        const auto end = static_cast<std::uint32_t>(_mm_movemask_epi8(at(10))); // two bits a slot
        fit = low | (end >> 12 & 1) << 16 | (end >> 14 & 1) << 17;
#else
        for (unsigned i = 0; i < slots; ++i) {
            fit |= static_cast<std::uint32_t>(numbers[i] == number) << i;
        }
#endif
        return fit & full_slots();
    }
    [[nodiscard]] std::uint32_t empty_slots() const noexcept {
        return match(0);
    }
    [[nodiscard]] std::uint32_t full_slots() const noexcept {
        return match(0) ^ all;
    }

    /// Whether an element of such a hash found this full, as far as it knows; and that one did.
    [[nodiscard]] bool passed_by(std::uint64_t hash) const noexcept {
        return (rest >> (56 + (hash >> 32 & 7)) & 1) != 0;
    }
    void pass(std::uint64_t hash) noexcept {
        rest |= std::uint64_t{1} << (56 + (hash >> 32 & 7));
    }
    [[nodiscard]] bool was_passed() const noexcept {
        return rest >> 56 != 0;
    }
};
static_assert(sizeof(cell) == 64);

/// As no_slots.
inline constexpr cell no_cells{};

} // namespace ebb::detail
