#include <ebb/alloc/ledger/tally.h>

#include <gtest/gtest.h>
#include <tests/support/random.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace {

TEST(tally, each_term_is_what_the_calls_make_it) {
    ebb::tally t;
    t.map(4096, 96);
    t.charge(100, 112);
    t.charge(10, 16);
    t.bury(100, 112);
    const ebb::ledger l = t.read();
    EXPECT_EQ(l.requested, 10U);
    EXPECT_EQ(l.slack, 6U);
    EXPECT_EQ(l.dead, 112U);
    EXPECT_EQ(l.overhead, 96U);
    EXPECT_EQ(l.idle, 4096U - 96 - 128);
    EXPECT_EQ(l.mapped, 4096U);
    EXPECT_EQ(l.live(), 16U);
    EXPECT_EQ(l.occupied(), 128U);
    EXPECT_TRUE(l.balanced());
    t.reclaim(112);
    EXPECT_EQ(t.read().dead, 0U);
    EXPECT_EQ(t.read().idle, 4096U - 96 - 16);
}

TEST(tally, peaks_are_the_highest_of_every_moment) {
    const std::uint64_t seed = tests::new_seed();
    SCOPED_TRACE(testing::Message() << "EBB_SEED=" << seed);
    tests::random_engine random(seed);
    ebb::tally t;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> blocks;
    std::uint64_t requested = 0;
    std::uint64_t occupied = 0;
    std::uint64_t dead = 0;
    std::uint64_t mapped = 0;
    std::uint64_t peaks[3] = {};
    for (int step = 0; step < 100'000; ++step) {
        const std::size_t pick = tests::below(random, 100);
        if (pick < 48 || blocks.empty()) {
            const std::uint64_t bytes = tests::below(random, 1000);
            const std::uint64_t slot = bytes + tests::below(random, 20);
            t.map(slot, 0);
            t.charge(bytes, slot);
            blocks.emplace_back(bytes, slot);
            requested += bytes;
            occupied += slot;
            mapped += slot;
        } else if (pick < 98) {
            const std::size_t i = tests::below(random, blocks.size());
            const auto [bytes, slot] = blocks[i];
            blocks.erase(blocks.begin() + static_cast<std::ptrdiff_t>(i));
            requested -= bytes;
            if (pick < 75) {
                t.refund(bytes, slot);
                t.unmap(slot, 0);
                occupied -= slot;
                mapped -= slot;
            } else {
                t.bury(bytes, slot);
                dead += slot;
            }
        } else {
            t.reclaim(dead);
            t.unmap(dead, 0);
            occupied -= dead;
            mapped -= dead;
            dead = 0;
        }
        peaks[0] = std::max(peaks[0], occupied);
        peaks[1] = std::max(peaks[1], requested);
        peaks[2] = std::max(peaks[2], mapped);
        const ebb::ledger l = t.read();
        ASSERT_TRUE(l.balanced());
        ASSERT_EQ(l.requested, requested);
        ASSERT_EQ(l.dead, dead);
        ASSERT_EQ(l.peak, peaks[0]);
        ASSERT_EQ(l.peak_requested, peaks[1]);
        ASSERT_EQ(l.peak_mapped, peaks[2]);
    }
}

TEST(ledger, is_out_of_balance_by_a_single_byte) {
    ebb::tally t;
    t.map(100, 10);
    t.charge(20, 30);
    for (auto term : {&ebb::ledger::requested, &ebb::ledger::slack, &ebb::ledger::dead,
                      &ebb::ledger::idle, &ebb::ledger::overhead, &ebb::ledger::mapped}) {
        ebb::ledger l = t.read();
        ASSERT_TRUE(l.balanced());
        l.*term += 1;
        EXPECT_FALSE(l.balanced());
    }
    ebb::ledger l = t.read();
    l.peak -= 1;
    EXPECT_FALSE(l.balanced());
}

using tally_death = ::testing::Test;

TEST(tally_death, an_underflow_stops_the_program) {
    ebb::tally freed_twice;
    freed_twice.map(100, 0);
    freed_twice.charge(10, 16);
    freed_twice.refund(10, 16);
    freed_twice.refund(10, 16);
    EXPECT_DEATH(static_cast<void>(freed_twice.read()), "more given back than handed out");
    ebb::tally too_much;
    too_much.map(100, 0);
    too_much.charge(10, 16);
    too_much.refund(11, 16);
    EXPECT_DEATH(static_cast<void>(too_much.read()), "more given back than handed out");
    ebb::tally unmapped;
    unmapped.charge(10, 16);
    EXPECT_DEATH(static_cast<void>(unmapped.read()), "more handed out than mapped");
}

} // namespace
