#include <ebb/alloc/arena/collected.h>
#include <ebb/alloc/arena/pool.h>

#include <gtest/gtest.h>

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

} // namespace
