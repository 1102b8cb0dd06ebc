#include <ebb/alloc/arena/bump.h>
#include <ebb/alloc/arena/collected.h>
#include <ebb/alloc/arena/go_heap.h>
#include <ebb/alloc/arena/malloc_arena.h>
#include <ebb/alloc/arena/page_memory.h>
#include <ebb/alloc/arena/pool.h>
#include <ebb/alloc/arena/sized.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>
#include <vector>

namespace {

using ebb::kib;
using ebb::mib;

TEST(collected, the_dead_stay_in_the_inner_arena_until_collected) {
    ebb::collected<ebb::pool> a(64U);
    void* const p = a.allocate(40);
    a.deallocate(p, 40);
    EXPECT_EQ(a.read().dead, 64U);
    EXPECT_EQ(a.read().requested, 0U);
    EXPECT_EQ(a.inner().read().live(), 64U);
    a.validate();
    EXPECT_NE(a.allocate(40), p);
    a.collect();
    EXPECT_EQ(a.read().dead, 0U);
    EXPECT_EQ(a.read().live(), 64U);
    EXPECT_EQ(a.read().peak, 128U);
    a.validate();
}

TEST(collected, a_block_of_no_bytes_has_room_for_its_link) {
    ebb::collected<ebb::pool> a(16U);
    std::vector<void*> blocks(100);
    for (void*& p : blocks) {
        p = a.allocate(0);
    }
    EXPECT_EQ(a.read().requested, 0U);
    for (void* const p : blocks) {
        a.deallocate(p, 0);
    }
    EXPECT_EQ(a.read().dead, 1600U);
    a.collect();
    EXPECT_EQ(a.read().occupied(), 0U);
    a.validate();
}

TEST(collected, paces_itself_by_the_inner_arenas_slots) {
    ebb::collected<ebb::pool> a(8 * kib);
    for (int i = 0; i < 10'000; ++i) {
        a.deallocate(a.allocate(8 * kib), 8 * kib);
        ASSERT_TRUE(a.read().balanced());
    }
    EXPECT_LE(a.read().peak, 4 * mib);
    EXPECT_GE(a.collections(), 18U);
}

// Every arena below: blocks of any alignment, and what the arena holds beside its blocks.
template <class Inner>
class collected_over : public ::testing::Test {};
using inner_arenas =
    ::testing::Types<ebb::bump, ebb::sized, ebb::go_heap, ebb::malloc_arena, ebb::page_memory>;
TYPED_TEST_SUITE(collected_over, inner_arenas);

TYPED_TEST(collected_over, any_arena_keeps_the_identity_and_aligns_its_links) {
    ebb::collected<TypeParam> a;
    for (int round = 0; round < 3; ++round) {
        std::vector<std::tuple<void*, std::size_t, std::size_t>> blocks;
        for (const std::size_t bytes : {1U, 3U, 24U, 33U, 100U, 5000U, 50'000U}) {
            for (const std::size_t alignment : {1U, 2U, 8U, 64U}) {
                void* const p = a.allocate(bytes, alignment);
                EXPECT_TRUE(ebb::is_aligned(p, std::max<std::size_t>(alignment, 8)))
                    << bytes << ' ' << alignment;
                blocks.emplace_back(p, bytes, alignment);
                ASSERT_TRUE(a.read().balanced());
            }
        }
        std::size_t left = 0;
        for (const auto& [p, bytes, alignment] : blocks) {
            left += bytes;
        }
        EXPECT_EQ(a.read().requested, left);
        for (const auto& [p, bytes, alignment] : blocks) {
            a.deallocate(p, bytes, alignment);
            left -= bytes;
            ASSERT_TRUE(a.read().balanced());
            ASSERT_EQ(a.read().requested, left);
            a.validate();
        }
        a.collect();
        EXPECT_TRUE(a.read().balanced());
        a.validate();
    }
}

} // namespace
