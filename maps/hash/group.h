// group: fifteen tags and a byte, looked at in one step.
//
//     0                                  14  15
//     +----+----+----+- - - - - - -+----+----+
//     | t0 | t1 | t2 |             | t14| o  |   16 bytes, aligned to 16
//     +----+----+----+- - - - - - -+----+----+
//
// A tag is 0 for an empty slot, else 8 bits of its key's hash (0 becomes 1). `o` has a bit for each
// eighth of the hashes: set when a key of that eighth found the group full and went on to the next.
// A look-up that finds nothing goes on only where its bit is set: at 75 % load that is 2 in 100,
// where a count of those gone on would send 1 in 5 further. A bit is never cleared alone: removing
// can't know whether another key needs it; the segment is written anew when many may be stale.
// Source of the byte: Boost.Unordered's flat maps (Joaquín M López Muñoz).
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace ebb::detail {

/// The tags of fifteen slots. Cost: a match is one 16-byte comparison; without SSE2, two words'.
struct alignas(16) group {
    static constexpr unsigned slots = 15;
    static constexpr std::uint32_t all = 0x7fff;

    std::uint8_t tags[slots];
    std::uint8_t overflow;

    /// The tag of a hash, four times: what a comparison of sixteen bytes begins with. From a table,
    /// which takes three instructions of a look-up where arithmetic takes eight.
    [[nodiscard]] static std::uint32_t tags_of(std::uint64_t hash) noexcept {
        return tag_table[static_cast<std::uint8_t>(hash >> 24)];
    }
    [[nodiscard]] static std::uint8_t tag_of(std::uint64_t hash) noexcept {
        return static_cast<std::uint8_t>(tags_of(hash));
    }
    /// Slot i, an empty one, becomes that of an element of this hash.
    void set(std::uint32_t i, std::uint64_t hash) noexcept { tags[i] = tag_of(hash); }
    void clear(std::uint32_t i) noexcept { tags[i] = 0; }
    /// A bit a slot: whose tag is this one (of tags_of).
    [[nodiscard]] std::uint32_t match(std::uint32_t four_tags) const noexcept {
#ifdef __SSE2__
        const __m128i mine = _mm_load_si128(reinterpret_cast<const __m128i*>(this));
        const __m128i wanted = _mm_shuffle_epi32(_mm_cvtsi32_si128(static_cast<int>(four_tags)), 0);
        const __m128i same = _mm_cmpeq_epi8(mine, wanted);
        return static_cast<std::uint32_t>(_mm_movemask_epi8(same)) & all;
#else
        const std::uint64_t wanted = std::uint64_t{four_tags} << 32 | four_tags;
        std::uint64_t half[2];
        std::memcpy(half, this, sizeof half);
        return (bits_of_zeros(half[0] ^ wanted) | bits_of_zeros(half[1] ^ wanted) << 8) & all;
#endif
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
    static constexpr std::array<std::uint32_t, 256> tag_table = [] {
        std::array<std::uint32_t, 256> table{};
        for (std::uint32_t tag = 0; tag < 256; ++tag) {
            table[tag] = (tag == 0 ? 1 : tag) * 0x01010101U;
        }
        return table;
    }();
    static constexpr std::uint64_t sevens = 0x7f7f7f7f7f7f7f7f;

    // A bit for each byte that is 0, exact: no carry passes from byte to byte.
    [[nodiscard]] static std::uint32_t bits_of_zeros(std::uint64_t x) noexcept {
        std::uint64_t zeros = ~(((x & sevens) + sevens) | x | sevens); // 0x80 where a byte is 0
        if constexpr (std::endian::native == std::endian::big) {
            zeros = __builtin_bswap64(zeros);
        }
        // Gathers the eight bits: byte i's lands at 56 + i.
        return static_cast<std::uint32_t>((zeros >> 7) * 0x0102040810204080 >> 56);
    }
};
static_assert(sizeof(group) == 16);

/// Every slot empty, nothing passed by: what a segment without memory looks up in. Never written.
inline constexpr group no_slots{};

} // namespace ebb::detail
