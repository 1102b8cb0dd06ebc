#include <ebb/alloc/arena/pool.h>
#include <ebb/alloc/arena/slots.h>

#include <gtest/gtest.h>
#include <tests/support/upstream.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <set>
#include <vector>

namespace {

TEST(pool, slots_round_up_and_count_exactly) {
    ebb::pool p(20);
    EXPECT_EQ(p.slot_bytes(), 24U);
    void* const a = p.allocate(20);
    void* const b = p.allocate(3);
    const ebb::ledger l = p.read();
    EXPECT_EQ(l.requested, 23U);
    EXPECT_EQ(l.slack, 25U);
    EXPECT_TRUE(l.balanced());
    p.validate();
    p.deallocate(a, 20);
    p.deallocate(b, 3);
    EXPECT_EQ(p.read().live(), 0U);
    EXPECT_EQ(p.read().peak, 48U);
    EXPECT_EQ(p.read().peak_requested, 23U);
}

TEST(pool, empty_chunks_go_back_but_one) {
    ebb::pool p(1024);
    std::vector<void*> blocks;
    for (int i = 0; i < 1000; ++i) {
        blocks.push_back(p.allocate(1024));
    }
    const auto full = p.read().mapped;
    for (void* const b : blocks) {
        p.deallocate(b, 1024);
    }
    p.validate();
    EXPECT_LT(p.read().mapped, full);
    EXPECT_EQ(p.read().mapped, 65536U);
    p.trim();
    EXPECT_EQ(p.read().mapped, 0U);
    p.validate();
}

TEST(pool, a_block_too_large_is_refused_and_changes_nothing) {
    ebb::pool p(64);
    const ebb::ledger before = p.read();
    EXPECT_THROW(static_cast<void>(p.allocate(65)), std::bad_alloc);
    EXPECT_THROW(static_cast<void>(p.allocate(8, 128)), std::bad_alloc);
    EXPECT_EQ(p.read(), before);
}

TEST(pool, a_program_that_breathes_fetches_no_chunk_again) {
    tests::counting_upstream upstream;
    ebb::pool p(1024, 8, upstream);
    std::vector<void*> blocks(1000);
    std::uint64_t fetched[4] = {};
    for (auto& total : fetched) {
        for (void*& b : blocks) {
            b = p.allocate(1024);
        }
        for (void* const b : blocks) {
            p.deallocate(b, 1024);
        }
        p.validate();
        total = upstream.allocations();
    }
    EXPECT_GT(fetched[1], fetched[0]) << "all but one went back after the first round";
    EXPECT_EQ(fetched[3], fetched[1]) << "and stay from the second on";
    p.trim();
    EXPECT_EQ(upstream.outstanding_bytes(), 0U);
}

// Whatever the size's factors: no other address of a chunk is taken for a slot.
TEST(slots, an_address_is_a_slot_only_where_one_begins) {
    for (const std::size_t bytes : {8U, 24U, 40U, 64U, 104U, 200U, 1000U, 4096U, 4104U, 24584U}) {
        SCOPED_TRACE(bytes);
        ebb::tally counts;
        ebb::slots slots(bytes, *std::pmr::new_delete_resource(), counts);
        std::set<const void*> taken;
        auto* const first = static_cast<std::byte*>(slots.take());
        taken.insert(first);
        const std::size_t chunk = slots.chunk_bytes();
        std::byte* const begin = first - reinterpret_cast<std::uintptr_t>(first) % chunk;
        while (taken.size() < std::min<std::size_t>(chunk / bytes / 2, 300)) {
            taken.insert(slots.take());
        }
        for (std::size_t at = 0; at < chunk; ++at) {
            ASSERT_EQ(slots.holds(begin + at), taken.contains(begin + at)) << at;
        }
        for (const void* const p : taken) {
            slots.give(const_cast<void*>(p));
            ASSERT_FALSE(slots.holds(p));
        }
        ASSERT_EQ(slots.validate(), 0U);
    }
}

using pool_death = ::testing::Test;

TEST(pool_death, a_double_free_stops_with_its_address) {
    ebb::pool p(64);
    void* const keep = p.allocate(64);
    void* const a = p.allocate(64);
    p.deallocate(a, 64);
    EXPECT_DEATH(p.deallocate(a, 64), "freed before at 0x");
    EXPECT_DEATH(p.deallocate(static_cast<char*>(keep) + 8, 64), "pointer into a block at 0x");
    ebb::pool other(64);
    EXPECT_DEATH(other.deallocate(keep, 64), "another arena");
}

} // namespace
