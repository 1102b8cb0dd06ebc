#include <ebb/alloc/arena/go_heap.h>
#include <ebb/maps/go_map.h>

#include <gtest/gtest.h>
#include <tests/maps/counting_arena.h>

#include <array>
#include <cstdint>
#include <set>

namespace {

using arena = tests::counting_arena;
template <std::size_t N>
using bytes = std::array<std::byte, N>;
template <class Value>
using map_of = ebb::go_map<std::int64_t, Value, ebb::hash<std::int64_t>, std::equal_to<>, arena>;

// All keys in one chain, or in chains of the test's choice: the low bits are the key's own.
struct by_low_bits {
    using is_seeded = void;
    std::uint64_t operator()(std::int64_t key, std::uint64_t) const {
        return static_cast<std::uint64_t>(key) | 0x4200'0000'0000'0000;
    }
};
template <class Value>
using chosen_map = ebb::go_map<std::int64_t, Value, by_low_bits, std::equal_to<>, arena>;

template <class Map>
void expect_whole(const Map& map) {
    ASSERT_EQ(map.footprint().total(), map.arena().read().requested);
    map.validate();
}

TEST(go_map, is_a_header_until_the_first_insert_and_then_one_bucket) {
    arena a;
    map_of<std::int64_t> map(a);
    EXPECT_EQ(a.read().requested, 48U);
    EXPECT_FALSE(map.contains(1));
    EXPECT_EQ(map.erase(1), 0U);
    EXPECT_EQ(a.read().requested, 48U);
    map[1] = 2;
    EXPECT_EQ(a.read().requested, 48U + 144U);
    EXPECT_EQ(a.blocks(), 2U);
}

TEST(go_map, doubles_with_the_element_after_eight_and_after_each_6_5_a_bucket) {
    arena a;
    map_of<std::int64_t> map(a);
    const std::set<std::int64_t> doubling = {8,   13,  26,   52,   104,  208,
                                             416, 832, 1664, 3328, 6656, 13312};
    unsigned bits = 0;
    for (std::int64_t i = 0; i < 20000; ++i) {
        ASSERT_EQ(map.bucket_bits(), bits);
        map[i] = i;
        if (doubling.count(i) != 0) {
            ++bits;
            ASSERT_TRUE(map.growing() || bits <= 2) << i; // two chains move at once
        }
        ASSERT_EQ(map.bucket_bits(), bits) << i;
        ASSERT_EQ(map.footprint().total(), a.read().requested);
    }
}

TEST(go_map, a_replaced_value_starts_no_growth) {
    arena a;
    map_of<std::int64_t> map(a);
    for (std::int64_t i = 0; i < 8; ++i) {
        map[i] = i;
    }
    for (std::int64_t i = 0; i < 8; ++i) {
        map.insert_or_assign(i, -i);
    }
    EXPECT_EQ(map.bucket_bits(), 0U);
}

TEST(go_map, moves_two_chains_at_each_insert_and_erase_and_frees_the_old_array_last) {
    arena a;
    chosen_map<bytes<64>> map(a);
    constexpr std::int64_t buckets = 1024;
    for (std::int64_t i = 0; i < buckets * 13 / 2; ++i) {
        map[i];
    }
    ASSERT_EQ(map.bucket_bits(), 10U);
    ASSERT_FALSE(map.growing());
    const std::uint64_t before = map.footprint().buckets;
    map[buckets * 13 / 2 - 1 + buckets]; // growth moves its chain and chain 0
    ASSERT_TRUE(map.growing());
    EXPECT_EQ(map.bucket_bits(), 11U);
    EXPECT_EQ(map.footprint().old_buckets, before);
    std::int64_t steps = 1;
    while (map.growing()) {
        ASSERT_EQ(map.footprint().old_buckets, before);
        // A chain from the far end each time: one chain for it, one in order.
        const std::int64_t key = buckets - 1 - steps;
        if (steps % 2 == 0) {
            map.erase(key);
        } else {
            map.erase(key + (std::int64_t{1} << 40)); // not there: growth moves on all the same
        }
        ++steps;
        expect_whole(map);
    }
    EXPECT_EQ(steps, buckets / 2);
    EXPECT_EQ(map.footprint().old_buckets, 0U);
}

TEST(go_map, reading_moves_nothing) {
    arena a;
    map_of<std::int64_t> map(a);
    for (std::int64_t i = 0; i <= 13 * 64; ++i) {
        map[i] = i;
    }
    ASSERT_TRUE(map.growing());
    const ebb::composition before = map.composition();
    for (std::int64_t i = 0; i <= 13 * 64; ++i) {
        ASSERT_EQ(map.at(i), i);
        ASSERT_TRUE(map.contains(i));
        ASSERT_FALSE(map.contains(-1 - i));
    }
    EXPECT_EQ(map.composition(), before);
    EXPECT_TRUE(map.growing());
}

TEST(go_map, iteration_meets_each_element_once_while_growing) {
    arena a;
    map_of<std::int64_t> map(a);
    for (std::int64_t i = 0; i < 1700; ++i) {
        map[i] = -i;
        if (i % 16 == 0 || map.growing()) {
            std::set<std::int64_t> seen;
            for (auto&& [key, value] : map) {
                ASSERT_EQ(value, -key);
                ASSERT_TRUE(seen.insert(key).second);
            }
            ASSERT_EQ(seen.size(), map.size());
            ASSERT_EQ(*seen.rbegin(), i);
        }
    }
}

TEST(go_map, preallocated_overflow_is_used_first_and_blocks_of_their_own_after) {
    arena a;
    chosen_map<std::int64_t> map(a, 104); // 2^4 buckets, one more, and what rounding leaves
    const std::uint64_t array = map.footprint().buckets;
    EXPECT_EQ(map.bucket_bits(), 4U);
    EXPECT_EQ(array, 18U * 144U); // 17 * 144 = 2448 rounds to 2688
    EXPECT_EQ(map.composition().spare_buckets, 2U * 144U);
    for (std::int64_t i = 0; i < 24; ++i) {
        map[i * 16] = i;
    }
    EXPECT_EQ(map.overflow_buckets(), 2U);
    EXPECT_EQ(map.footprint().overflow, 0U);
    EXPECT_EQ(map.composition().spare_buckets, 0U);
    map[24 * 16] = 24;
    EXPECT_EQ(map.overflow_buckets(), 3U);
    EXPECT_EQ(map.footprint().overflow, 144U);
    EXPECT_EQ(map.footprint().overflow_index, 24U + 4 * 8U);
    EXPECT_EQ(map.footprint().buckets, array);
    expect_whole(map);
}

TEST(go_map, grows_to_the_same_size_to_squeeze_chains) {
    arena a;
    chosen_map<std::int64_t> map(a, 104);
    // Chains that were long once: filled through bucket after bucket, then thinned.
    std::int64_t next = 0;
    unsigned squeezes = 0;
    for (int round = 0; round < 400 && squeezes == 0; ++round) {
        const std::int64_t bucket = round % 16;
        for (int i = 0; i < 24; ++i) {
            const bool was_growing = map.growing();
            map[bucket + 16 * next++] = round;
            if (!was_growing && map.growing() && map.bucket_bits() == 4) {
                ++squeezes;
            }
        }
        const std::uint64_t index = map.footprint().overflow_index;
        for (std::int64_t k = next - 24; k < next - 1; ++k) {
            map.erase(bucket + 16 * k); // the last one stays, at the end of its chain
        }
        EXPECT_GE(index, map.footprint().overflow_index);
        expect_whole(map);
    }
    ASSERT_EQ(squeezes, 1U);
    ASSERT_EQ(map.bucket_bits(), 4U);
    for (int i = 0; map.growing() && i < 16; ++i) {
        map.erase(-1 - i);
    }
    EXPECT_FALSE(map.growing());
    EXPECT_LT(map.overflow_buckets(), 8U);
    expect_whole(map);
}

TEST(go_map, counts_overflow_exactly_where_the_header_only_samples) {
    ebb::go_heap heap;
    ebb::go_map<std::int64_t, std::int8_t> map(heap);
    for (std::int64_t i = 0; i < 700'000; ++i) {
        map[i] = 1;
    }
    EXPECT_EQ(map.bucket_bits(), 17U);
    EXPECT_GT(map.overflow_buckets(), 5000U);
    map.validate(); // compares the count with the chains
}

TEST(go_map, hints_take_the_array_at_once) {
    const std::pair<std::size_t, unsigned> expected[] = {
        {0, 0},  {8, 0},   {9, 1},   {13, 1},  {14, 2},  {26, 2},   {27, 3},         {52, 3},
        {53, 4}, {104, 4}, {105, 5}, {832, 7}, {833, 8}, {1664, 8}, {1'000'000, 18},
    };
    for (const auto& [hint, bits] : expected) {
        arena a;
        map_of<bytes<3>> map(a, hint);
        EXPECT_EQ(map.bucket_bits(), bits) << hint;
        EXPECT_EQ(map.footprint().header, bits >= 4 ? 72U : 48U) << hint;
        EXPECT_EQ(map.footprint().buckets == 0, bits == 0) << hint;
        expect_whole(map);
        for (std::size_t i = 0; i < std::min(hint, std::size_t{2000}); ++i) {
            map[static_cast<std::int64_t>(i)];
        }
        EXPECT_EQ(map.bucket_bits(), bits) << hint;
    }
    arena a;
    EXPECT_EQ(map_of<bytes<128>>(a, std::size_t{1} << 62).bucket_bits(), 0U);
}

TEST(go_map, never_gets_smaller) {
    arena a;
    map_of<bytes<16>> map(a);
    for (std::int64_t i = 0; i < 5000; ++i) {
        map[i];
    }
    while (map.growing()) {
        map.erase(-1);
    }
    const ebb::footprint full = map.footprint();
    for (std::int64_t i = 0; i < 5000; ++i) {
        ASSERT_EQ(map.erase(i), 1U);
    }
    EXPECT_TRUE(map.empty());
    EXPECT_EQ(map.footprint(), full);
    map.clear(); // as Go's: nothing to do for a map without elements
    EXPECT_EQ(map.footprint(), full);
    expect_whole(map);
}

TEST(go_map, clear_keeps_the_array_and_drops_the_rest) {
    for (const std::int64_t count : {5, 100, 6656, 6657, 7000, 9000}) {
        arena a;
        map_of<bytes<16>> map(a);
        for (std::int64_t i = 0; i < count; ++i) {
            map[i];
        }
        const ebb::footprint full = map.footprint();
        const std::uint32_t seed = map.hash_seed();
        map.clear();
        EXPECT_NE(map.hash_seed(), seed);
        EXPECT_TRUE(map.empty());
        EXPECT_FALSE(map.growing());
        EXPECT_EQ(map.overflow_buckets(), 0U);
        EXPECT_EQ(map.footprint().buckets, full.buckets);
        EXPECT_EQ(map.footprint().header, full.header);
        EXPECT_EQ(map.footprint().total(), full.buckets + full.header);
        EXPECT_EQ(map.begin(), map.end());
        expect_whole(map);
        for (std::int64_t i = 0; i < count; ++i) {
            map[i];
        }
        EXPECT_EQ(map.size(), static_cast<std::size_t>(count));
        expect_whole(map);
    }
}

TEST(go_map, takes_a_new_seed_when_the_last_element_goes) {
    arena a;
    map_of<int> map(a);
    map_of<int> other(a);
    EXPECT_NE(map.hash_seed(), other.hash_seed());
    const std::uint32_t seed = map.hash_seed();
    map[1] = 1;
    map[2] = 2;
    map.erase(1);
    EXPECT_EQ(map.hash_seed(), seed);
    map.erase(2);
    EXPECT_NE(map.hash_seed(), seed);
}

TEST(go_map, old_overflow_goes_with_its_chain_where_buckets_hold_pointers) {
    arena a;
    chosen_map<ebb::boxed<std::int64_t>> boxed(a);
    chosen_map<std::int64_t> plain(a);
    // 96 elements in chain 0 of 16, so that it has overflow; then a growth that has moved it.
    for (std::int64_t i = 0; i < 104; ++i) {
        const std::int64_t key = i < 96 ? i * 16 : i - 95;
        boxed[key] = i;
        plain[key] = i;
    }
    while (boxed.growing() || plain.growing()) {
        boxed.erase(1 << 20);
        plain.erase(1 << 20);
    }
    ASSERT_GT(plain.footprint().overflow, 0U);
    const std::uint64_t index = plain.footprint().overflow_index;
    const std::uint64_t before = boxed.footprint().overflow;
    boxed[9] = 0; // moves chains 9 and 0
    plain[9] = 0;
    ASSERT_TRUE(boxed.growing() && plain.growing());
    EXPECT_EQ(plain.footprint().overflow, boxed.footprint().overflow + before);
    EXPECT_GT(plain.footprint().overflow_index, index);
    boxed.validate();
    plain.validate();
}

} // namespace
