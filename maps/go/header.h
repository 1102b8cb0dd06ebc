// header: the records that a Go map has beside its buckets, each a block of the map's arena.
// Sizes and fields as in go1.19's runtime/map.go: hmap, mapextra, the slice of overflow buckets.
#pragma once

#include <ebb/alloc/arena/go_classes.h>

#include <cstddef>
#include <cstdint>

namespace ebb::detail {

/// The overflow buckets of one array, for the maps whose buckets hold no pointers: a slice header,
/// its elements a block of their own.
struct overflow_list {
    std::byte** data = nullptr;
    std::size_t length = 0;
    std::size_t capacity = 0;
};
static_assert(sizeof(overflow_list) == 24);

/// Present once there are preallocated overflow buckets, or a list of overflow buckets.
struct go_extra {
    overflow_list* overflow = nullptr;
    overflow_list* old_overflow = nullptr;
    std::byte* next_overflow = nullptr; // the next preallocated overflow bucket
};
static_assert(sizeof(go_extra) == 24);

struct go_header {
    static constexpr std::uint8_t same_size = 8; // flags: the growth under way keeps the size

    std::uint64_t count = 0;
    std::uint8_t flags = 0;
    std::uint8_t bits = 0; // B: there are 2^B buckets
    // Exact below B = 16; from there on one in 2^(B-15) is counted, so that 16 bits suffice.
    std::uint16_t overflow_count = 0;
    std::uint32_t seed = 0;
    std::byte* buckets = nullptr;
    std::byte* old_buckets = nullptr;
    std::uint64_t moved = 0; // old buckets below this one have moved
    go_extra* extra = nullptr;
};
static_assert(sizeof(go_header) == 48);

/// What a map without a header (one that was moved from) points to. Never written.
inline constinit go_header no_header{};

/// Whether `count` elements are too many for 2^bits buckets: more than 6.5 a bucket.
[[nodiscard]] constexpr bool go_overloaded(std::uint64_t count, unsigned bits) noexcept {
    return count > 8 && count > 13 * ((std::uint64_t{1} << bits) / 2);
}

/// Whether there are about as many overflow buckets as buckets.
[[nodiscard]] constexpr bool go_too_much_overflow(std::uint16_t count, unsigned bits) noexcept {
    return count >= std::uint32_t{1} << (bits < 15 ? bits : 15);
}

/// Buckets in an array of 2^bits, preallocated overflow buckets included: from 16 buckets on a
/// sixteenth more, and as many whole ones again as Go's rounding of the array leaves room for.
[[nodiscard]] constexpr std::size_t go_array_buckets(unsigned bits, std::size_t bucket_bytes) {
    std::size_t count = std::size_t{1} << bits;
    if (bits >= 4) {
        count += count / 16;
        count = go_rounded(count * bucket_bytes) / bucket_bytes;
    }
    return count;
}
static_assert(go_array_buckets(18, 1104) == 278528);

/// The capacity that Go 1.19's append gives a full slice of pointers for one more.
[[nodiscard]] constexpr std::size_t go_appended_capacity(std::size_t capacity) noexcept {
    const std::size_t wanted = capacity == 0    ? 1
                               : capacity < 256 ? 2 * capacity
                                                : capacity + (capacity + 768) / 4;
    return go_rounded(wanted * 8) / 8;
}

} // namespace ebb::detail
