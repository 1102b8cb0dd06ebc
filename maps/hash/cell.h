// cell: twenty-one slots in one line: tags of eleven bits, and the numbers of their elements.
//
//     0                    21  22                         64
//     +----+----+- - -+-----+---+----+----+- - - - +-----+
//     | t0 | t1 |     | t20 | o | n0 | n1 |        | n20 |   aligned to 64
//     +----+----+- - -+-----+---+----+----+- - - - +-----+
//
// As group, for elements that lie in an array: a tag that fits by chance would cost the lines of an
// element, 0.3 us where it isn't near. Of the eight bits in t, one look-up in 16 comes upon such a
// one; with three more in the upper bits of n, one in 128. The line is read anyway, for the number.
// A segment of more elements than thirteen bits can number has another index (crowd.h).
#pragma once

#include <ebb/maps/hash/group.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ebb::detail {

/// The slots of twenty-one elements of an array. `tag_bits`: those of a number that are the tag's.
/// Cost: a match is two 16-byte comparisons; without SSE2, twenty-one of a byte.
struct alignas(64) cell {
    static constexpr unsigned slots = 21;
    static constexpr std::uint32_t all = 0x1fffff;
    /// As `tag_bits`, where numbers leave them free.
    static constexpr std::uint16_t most_tag_bits = 0xe000;

    std::uint8_t tags[slots];
    std::uint8_t overflow;
    std::uint16_t numbers[slots];

    /// What match takes.
    [[nodiscard]] static std::uint32_t tags_of(std::uint64_t hash) noexcept {
        return group::tags_of(hash);
    }
    /// Slot i, an empty one, becomes that of the element of this hash and number.
    void set(std::uint32_t i, std::uint64_t hash, std::uint32_t number,
             std::uint32_t tag_bits) noexcept {
        tags[i] = group::tag_of(hash);
        numbers[i] = static_cast<std::uint16_t>(number | (rest_of(hash) & tag_bits));
    }
    void clear(std::uint32_t i) noexcept { tags[i] = 0; }
    [[nodiscard]] std::uint32_t number(std::uint32_t i, std::uint32_t tag_bits) const noexcept {
        return numbers[i] & ~tag_bits;
    }
    /// The same element has another number.
    void renumber(std::uint32_t i, std::uint32_t number, std::uint32_t tag_bits) noexcept {
        numbers[i] = static_cast<std::uint16_t>(number | (numbers[i] & tag_bits));
    }

    /// A bit a slot: where eight bits of the tag fit.
    [[nodiscard]] std::uint32_t match(std::uint32_t four_tags) const noexcept {
#ifdef __SSE2__
        const __m128i wanted = _mm_shuffle_epi32(_mm_cvtsi32_si128(static_cast<int>(four_tags)), 0);
        const __m128i low = _mm_load_si128(reinterpret_cast<const __m128i*>(this));
        const __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(tags + 5));
        const auto fit = static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(low, wanted)));
        const auto end =
            static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(high, wanted)));
        return fit | end << 5; // the same bits where both are
#else
        std::uint32_t fit = 0;
        for (unsigned i = 0; i < slots; ++i) {
            fit |= static_cast<std::uint32_t>(tags[i] == static_cast<std::uint8_t>(four_tags)) << i;
        }
        return fit;
#endif
    }
    /// Whether the rest of the tag of a slot that matched fits too.
    [[nodiscard]] bool fits(std::uint32_t i, std::uint64_t hash,
                            std::uint32_t tag_bits) const noexcept {
        return ((numbers[i] ^ rest_of(hash)) & tag_bits) == 0;
    }
    /// A bit a slot: which full one holds this number.
    [[nodiscard]] std::uint32_t holding(std::uint32_t number,
                                        std::uint32_t tag_bits) const noexcept {
        std::uint32_t fit = 0;
#ifdef __SSE2__
        const __m128i wanted = _mm_set1_epi16(static_cast<short>(number));
        const __m128i bits = _mm_set1_epi16(static_cast<short>(~tag_bits));
        const auto at = [&](unsigned i) {
            const __m128i own = _mm_loadu_si128(reinterpret_cast<const __m128i*>(numbers + i));
            return _mm_cmpeq_epi16(_mm_and_si128(own, bits), wanted);
        };
        const auto low =
            static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_packs_epi16(at(0), at(8))));
        const auto end = static_cast<std::uint32_t>(
            _mm_movemask_epi8(_mm_packs_epi16(at(13), _mm_setzero_si128())));
        fit = low | end << 13;
#else
        for (unsigned i = 0; i < slots; ++i) {
            fit |= static_cast<std::uint32_t>((numbers[i] & ~tag_bits) == number) << i;
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
        return (overflow >> (hash >> 32 & 7) & 1) != 0;
    }
    void pass(std::uint64_t hash) noexcept {
        overflow = static_cast<std::uint8_t>(overflow | 1U << (hash >> 32 & 7));
    }
    [[nodiscard]] bool was_passed() const noexcept {
        return overflow != 0;
    }

  private:
    // Bits of the hash below those of group's tags, in the places of a number's upper ones.
    [[nodiscard]] static std::uint32_t rest_of(std::uint64_t hash) noexcept {
        return static_cast<std::uint32_t>(hash >> 7);
    }
};
static_assert(sizeof(cell) == 64);

/// As no_slots.
inline constexpr cell no_cells{};

} // namespace ebb::detail
