#include <ebb/alloc/arena/go_heap.h>
#include <ebb/maps/go_map.h>

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>

namespace {

template <std::size_t N>
using bytes = std::array<std::byte, N>;

template <class Key, class Value>
constexpr std::size_t bucket = ebb::detail::go_layout<Key, Value>::bytes;
template <class Key, class Value>
constexpr bool indexed = ebb::detail::go_layout<Key, Value>::indexed;

// 16 + 8 K + 8 V, no padding a pair; what is over 128 bytes counts 8.
static_assert(bucket<std::int64_t, bytes<128>> == 1104);
static_assert(bucket<std::int64_t, bytes<129>> == 144);
static_assert(bucket<std::int64_t, ebb::boxed<bytes<128>>> == 144);
static_assert(bucket<std::int64_t, std::int64_t> == 144);
static_assert(bucket<std::int64_t, std::int8_t> == 88);
static_assert(bucket<std::int8_t, std::int64_t> == 88);
static_assert(bucket<std::int8_t, std::int8_t> == 32);
static_assert(bucket<std::int32_t, bytes<3>> == 72);
static_assert(bucket<bytes<128>, std::int64_t> == 1104);
static_assert(bucket<bytes<129>, std::int64_t> == 144);
static_assert(bucket<bytes<129>, bytes<129>> == 144);
static_assert(bucket<std::int64_t, std::monostate> == 80);
static_assert(bucket<std::int64_t, bytes<0>> == 80);
static_assert(bucket<std::monostate, std::monostate> == 16);

// Alignments that Go has none of only move parts up.
struct alignas(16) sixteen {
    std::uint64_t words[2];
};
struct alignas(64) line {
    std::uint64_t word;
};
static_assert(bucket<std::int64_t, sixteen> == 224 && bucket<sixteen, std::int64_t> == 224);
static_assert(bucket<std::int64_t, line> == 128 + 8 * 64 + 64);

// Go's index of overflow buckets: where nothing in a bucket points.
static_assert(indexed<std::int64_t, bytes<128>> && indexed<std::int64_t, std::monostate>);
static_assert(!indexed<std::int64_t, bytes<129>> && !indexed<bytes<129>, std::int64_t>);
static_assert(!indexed<std::int64_t, ebb::boxed<std::int64_t>>);
static_assert(!indexed<std::string, std::int64_t> && !indexed<std::int64_t, int*>);
static_assert(indexed<std::pair<int, bytes<3>>, bool>);

// append's growth of a slice of pointers: doubling to 256, then less, rounded to classes.
static_assert(ebb::detail::go_appended_capacity(0) == 1);
static_assert(ebb::detail::go_appended_capacity(128) == 256);
static_assert(ebb::detail::go_appended_capacity(256) == 512);
static_assert(ebb::detail::go_appended_capacity(512) == 848);
static_assert(ebb::detail::go_appended_capacity(848) == 1280);
static_assert(ebb::detail::go_appended_capacity(1280) == 1792);

TEST(go_map, a_million_inline_values_take_gos_array_to_the_byte) {
    ebb::go_heap heap;
    {
        ebb::go_map<std::int64_t, bytes<128>> map(heap, 1'000'000);
        EXPECT_EQ(map.bucket_bits(), 18U);
        EXPECT_EQ(map.footprint().buckets, 307'494'912U);
        EXPECT_EQ(map.footprint().header, 72U);
        EXPECT_EQ(heap.read().requested, map.footprint().total());
    }
    EXPECT_EQ(heap.read().requested, 0U);
}

} // namespace
