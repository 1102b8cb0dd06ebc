#include <ebb/alloc/arena/bump.h>
#include <ebb/alloc/arena/pmr_resource.h>
#include <ebb/alloc/arena/sized.h>
#include <ebb/alloc/os/pages.h>

#include <gtest/gtest.h>
#include <tests/support/upstream.h>

#include <algorithm>
#include <cstring>

namespace {

using namespace tests;

TEST(sized, a_slot_exceeds_its_block_by_a_fifth_at_most) {
    const ebb::sized s;
    for (std::size_t bytes = 33; bytes <= ebb::size_class::largest_bytes; ++bytes) {
        const std::size_t slot = s.slot_bytes(nullptr, bytes, 1);
        ASSERT_GE(slot, bytes);
        ASSERT_LT((slot - bytes) * 5, slot) << bytes;
    }
}

TEST(sized, a_large_block_comes_in_whole_pages_and_goes_straight_back) {
    counting_upstream upstream;
    ebb::sized s(upstream);
    void* const p = s.allocate(100'000);
    EXPECT_EQ(s.read().slack, 102'400U - 100'000U);
    EXPECT_EQ(s.read().idle, 0U);
    // The block, and a page of the table that knows it.
    EXPECT_EQ(upstream.outstanding_bytes(), 102'400U + ebb::os::page_size());
    EXPECT_EQ(s.read().overhead, ebb::os::page_size());
    s.validate();
    s.deallocate(p, 100'000);
    EXPECT_EQ(upstream.outstanding_bytes(), ebb::os::page_size());
    s.trim();
    EXPECT_EQ(upstream.outstanding_bytes(), 0U);
    EXPECT_EQ(s.read().peak, 102'400U);
}

TEST(sized, large_blocks_that_are_fetched_again_and_again_wait_for_it) {
    counting_upstream upstream;
    ebb::sized s(upstream);
    std::uint64_t fetched = 0;
    for (std::size_t n = 0; n < 400; ++n) {
        const std::size_t bytes = 100'000 + n % 7 * 3'000;
        const void* p = s.allocate(bytes);
        EXPECT_GE(s.slot_bytes(p, bytes, 8), bytes);
        EXPECT_LE(s.slot_bytes(p, bytes, 8), bytes + bytes / 3 + ebb::os::page_size());
        ASSERT_TRUE(s.read().balanced());
        s.deallocate(const_cast<void*>(p), bytes);
        s.validate();
        fetched = n == 20 ? upstream.allocations() : fetched;
    }
    EXPECT_EQ(upstream.allocations(), fetched);
    EXPECT_LE(s.read().idle, 8 * ebb::mib);
    EXPECT_GT(s.read().idle, 0U);
    s.trim();
    EXPECT_EQ(s.read().mapped, 0U);
    EXPECT_EQ(upstream.outstanding_bytes(), 0U);
}

TEST(sized, what_waited_is_zeroed_where_that_is_asked_for) {
    ebb::sized s;
    for (int n = 0; n < 10; ++n) {
        auto* const p = static_cast<std::byte*>(s.allocate_zeroed(100'000));
        EXPECT_TRUE(std::all_of(p, p + 100'000, [](std::byte b) { return b == std::byte{0}; }));
        std::fill_n(p, 100'000, std::byte{0xEE});
        s.deallocate(p, 100'000);
    }
}

TEST(sized, a_child_arenas_mapped_is_its_parents_requested) {
    ebb::sized parent;
    ebb::pmr_resource resource(parent);
    {
        ebb::sized child(resource);
        ebb::sized sibling(resource);
        void* const a = child.allocate(100);
        void* const b = child.allocate(50'000);
        void* const c = sibling.allocate(100, 8192);
        EXPECT_EQ(parent.read().requested, child.read().mapped + sibling.read().mapped);
        child.validate();
        parent.validate();
        child.deallocate(a, 100);
        child.deallocate(b, 50'000);
        EXPECT_EQ(parent.read().requested, child.read().mapped + sibling.read().mapped);
        sibling.deallocate(c, 100, 8192);
    }
    EXPECT_EQ(parent.read().requested, 0U);
}

TEST(sized, a_large_block_from_used_memory_is_zeroed_all_the_same) {
    ebb::bump parent;
    std::memset(parent.allocate(ebb::mib), 0xEE, ebb::mib);
    parent.reset();
    ebb::pmr_resource resource(parent);
    ebb::sized child(resource);
    const auto* const p = static_cast<const std::byte*>(child.allocate_zeroed(100'000));
    EXPECT_TRUE(std::all_of(p, p + 100'000, [](std::byte b) { return b == std::byte{0}; }));
    child.deallocate(const_cast<std::byte*>(p), 100'000);
}

using sized_death = ::testing::Test;

TEST(sized_death, a_wrong_size_at_deallocate_stops_the_program) {
    ebb::sized s;
    void* const p = s.allocate(100);
    EXPECT_DEATH(s.deallocate(p, 200), "another arena or size at 0x");
}

} // namespace
