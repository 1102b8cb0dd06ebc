// Sizes: which class serves n bytes, and what a class's spans look like.
//
// Classes up to 128 bytes stand 16 apart, above that eight to a doubling, so that a slot is never
// more than an eighth larger than what it serves (from 128 bytes on). A class has two bins: in an
// `exact` bin every block asked for just the slot's size; in the other, `tail`, every block asked
// for less, and the slot's last byte says by how much (remainder.h). That is what keeps exact
// counts without a header and without a side table: which bin a slot is of stands in the page map.
//
//     n         1..16  17..32 ...  113..128   129..144 ... 241..256   257..288 ...   ... 262144
//     class       0       1   ...     7           8    ...    15         16    ...         95
//     bin       2*class + 1, and 2*class + 2 where n is less than the slot; 0 is no bin
//
// Larger blocks have a span of their own.
#pragma once

#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/base/narrow.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace ebb::engine {

/// The page heap's unit, and the page map's: spans are whole blocks, aligned to that.
inline constexpr std::size_t block_shift = 16;
inline constexpr std::size_t block_bytes = std::size_t{1} << block_shift;

inline constexpr std::size_t slot_alignment = 16;
inline constexpr std::size_t class_count = 96;
inline constexpr std::size_t bin_count = 2 * class_count + 1;
inline constexpr std::size_t largest_slot = 256 * kib;

/// The class of `n` bytes. Requires: n <= largest_slot.
[[nodiscard]] constexpr std::size_t class_of(std::size_t n) noexcept {
    if (n <= 128) {
        return n == 0 ? 0 : (n - 1) / slot_alignment;
    }
    const auto shift = static_cast<std::size_t>(std::bit_width(n - 1)) - 4;
    return 8 + (shift - 4) * 8 + ((n - 1) >> shift) - 8;
}

/// Bytes of a slot of that class.
[[nodiscard]] constexpr std::size_t slot_of(std::size_t size_class) noexcept {
    if (size_class < 8) {
        return (size_class + 1) * slot_alignment;
    }
    const std::size_t shift = 4 + (size_class - 8) / 8;
    return ((size_class & 7) + 9) << shift;
}

/// What the paths need of a bin, in one line of cache.
struct bin_traits {
    std::uint32_t slot;       ///< bytes
    std::uint32_t span_bytes; ///< a power of two, and the span's alignment
    std::uint64_t inverse;    ///< ceil(2^64 / slot)

    /// The index of the slot that `offset` bytes into the span lie in. Exact: the error of
    /// offset * inverse is below offset * slot < 2^20 * 2^18 < 2^64.
    [[nodiscard]] constexpr std::size_t index(std::size_t offset) const noexcept {
        return index_of(offset, inverse);
    }
    [[nodiscard]] static constexpr std::size_t index_of(std::size_t offset,
                                                        std::uint64_t inverse) noexcept {
        __extension__ using wide = unsigned __int128;
        return static_cast<std::size_t>((wide{offset} * inverse) >> 64);
    }

    /// Whether one of a span's first slots, as many as `limit` is of, starts there. A multiple's
    /// product ends in its factor times what the inverse is too large by; any other's is above
    /// every limit.
    /// (D. Lemire, O. Kaser, N. Kurz, "Faster remainder by direct computation", 2019.)
    [[nodiscard]] static constexpr bool starts_slot(std::size_t offset, std::uint64_t inverse,
                                                    std::uint64_t limit) noexcept {
        return offset * inverse < limit;
    }
    [[nodiscard]] constexpr std::uint64_t limit_of(std::size_t slot_count) const noexcept {
        const std::uint64_t excess = slot * inverse; // modulo 2^64; 0 for a power of two
        return excess == 0 ? 1 : excess * slot_count;
    }

    [[nodiscard]] constexpr std::size_t slots() const noexcept { return span_bytes / slot; }
};

namespace detail {

constexpr bin_traits make_traits(std::size_t slot) {
    // A span holds at least eight slots up to 32 KiB, and four above.
    const std::size_t span = slot <= 8 * kib ? 64 * kib : slot <= 32 * kib ? 256 * kib : mib;
    return {bounded<std::uint32_t>(slot), bounded<std::uint32_t>(span),
            ~std::uint64_t{0} / slot + 1};
}

constexpr std::array<bin_traits, bin_count> make_all_traits() {
    std::array<bin_traits, bin_count> all{};
    all[0] = make_traits(slot_alignment);
    for (std::size_t bin = 1; bin < bin_count; ++bin) {
        all[bin] = make_traits(slot_of((bin - 1) / 2));
    }
    return all;
}

// A 4 KiB pair takes 5.7 ns by the table and 13 by arithmetic: not for its ten instructions, but
// because the processor then no longer foresees which store the next call's load waits for.
inline constexpr std::size_t table_limit = 4096;

constexpr std::array<std::uint8_t, table_limit + 1> make_bins() {
    std::array<std::uint8_t, table_limit + 1> bins{};
    for (std::size_t n = 0; n <= table_limit; ++n) {
        const std::size_t c = class_of(n);
        bins[n] = bounded<std::uint8_t>(2 * c + (n < slot_of(c) ? 2 : 1));
    }
    return bins;
}

inline constexpr std::array<std::uint8_t, table_limit + 1> bins = make_bins();

} // namespace detail

inline constexpr std::array<bin_traits, bin_count> traits = detail::make_all_traits();

/// Whether blocks of this bin asked for less than their slot.
[[nodiscard]] constexpr bool has_tail(std::size_t bin) noexcept {
    return (bin & 1) == 0;
}

/// The bin of `n` bytes, by a table. Requires: n <= in_bin_table.
inline constexpr std::size_t in_bin_table = detail::table_limit;
[[nodiscard]] constexpr std::size_t bin_in_table(std::size_t n) noexcept {
    return detail::bins[n];
}

/// The bin of `n` bytes. Requires: n <= largest_slot.
[[nodiscard]] constexpr std::size_t bin_of(std::size_t n) noexcept {
    if (n <= in_bin_table) [[likely]] {
        return bin_in_table(n);
    }
    const std::size_t c = class_of(n);
    return 2 * c + (n < slot_of(c) ? 2 : 1);
}

namespace detail {

constexpr std::size_t cache_capacity_of(std::size_t slot) {
    if (slot <= 1 * kib) {
        return 64 * kib / slot > 1024 ? 1024 : 64 * kib / slot;
    }
    return slot > 32 * kib ? 2 : 16 * kib / slot < 8 ? 8 : 16 * kib / slot;
}

// Tables, because a division takes longer than all else that a slow call does with the number.
constexpr std::array<std::uint16_t, bin_count> make_cache_capacities() {
    std::array<std::uint16_t, bin_count> all{};
    for (std::size_t bin = 0; bin < bin_count; ++bin) {
        all[bin] = bounded<std::uint16_t>(cache_capacity_of(traits[bin].slot));
    }
    return all;
}
inline constexpr std::array<std::uint16_t, bin_count> cache_capacities = make_cache_capacities();

constexpr std::array<std::uint16_t, bin_count> make_loose_capacities() {
    std::array<std::uint16_t, bin_count> all{};
    for (std::size_t bin = 0; bin < bin_count; ++bin) {
        const std::size_t slot = traits[bin].slot;
        all[bin] = bounded<std::uint16_t>(slot <= 1 * kib    ? 256 * kib / slot
                                          : slot <= 32 * kib ? 4 * cache_capacity_of(slot)
                                                             : 0);
    }
    return all;
}
inline constexpr std::array<std::uint16_t, bin_count> loose_capacities = make_loose_capacities();

} // namespace detail

/// How many slots of a bin a thread keeps at most: 64 KiB of them up to slots of 1 KiB, but no more
/// than most_cached; 16 KiB of larger ones, but no less than 8; of slots above 32 KiB two. Figures:
/// README of this folder.
inline constexpr std::size_t most_cached = 1024;
[[nodiscard]] constexpr std::size_t cache_capacity(std::size_t bin) noexcept {
    return detail::cache_capacities[bin];
}

/// How many slots of a bin lie loose in its central bin at most: 256 KiB of small ones, four
/// caches' worth of larger, none above 32 KiB. They move in batches, at a tenth of what a slot's
/// way through its span costs.
[[nodiscard]] constexpr std::size_t loose_capacity(std::size_t bin) noexcept {
    return detail::loose_capacities[bin];
}

static_assert(class_of(largest_slot) == class_count - 1 &&
              slot_of(class_count - 1) == largest_slot);
static_assert([] {
    for (std::size_t c = 0; c < class_count; ++c) {
        if (class_of(slot_of(c)) != c || (c > 0 && class_of(slot_of(c - 1) + 1) != c)) {
            return false;
        }
    }
    return true;
}());

} // namespace ebb::engine
