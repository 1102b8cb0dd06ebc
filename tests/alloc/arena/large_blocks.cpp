#include <ebb/alloc/arena/arena.h>
#include <ebb/alloc/arena/go_heap.h>
#include <ebb/alloc/arena/large_blocks.h>
#include <ebb/alloc/arena/sized.h>
#include <ebb/alloc/base/bytes.h>

#include <gtest/gtest.h>
#include <tests/support/random.h>
#include <tests/support/upstream.h>

#include <vector>

namespace {

using ebb::kib;

TEST(large_blocks, the_table_grows_and_finds_every_block) {
    tests::counting_upstream upstream;
    ebb::tally counts;
    {
        ebb::large_blocks blocks(upstream, counts, {.bytes = 64 * kib, .most_bytes = 64 * kib});
        const std::uint64_t seed = tests::new_seed();
        SCOPED_TRACE(testing::Message() << "EBB_SEED=" << seed);
        tests::random_engine random(seed);
        struct held {
            void* p;
            std::size_t bytes;
        };
        std::vector<held> live;
        std::size_t bytes = 0;
        for (int step = 0; step < 20'000; ++step) {
            if (live.empty() || tests::below(random, 5) < (step < 10'000 ? 4U : 2U)) {
                const std::size_t n = (1 + tests::below(random, 4)) * 8 * kib;
                live.push_back(
                    {blocks.take(n, std::size_t{4096} << tests::below(random, 4)).block, n});
                bytes += n;
            } else {
                const std::size_t i = tests::below(random, live.size());
                bytes -= live[i].bytes;
                if (tests::below(random, 2) == 0) {
                    blocks.give(live[i].p, live[i].bytes);
                } else {
                    blocks.retire(live[i].p, live[i].bytes);
                    ASSERT_EQ(blocks.reclaim(), live[i].bytes);
                }
                live[i] = live.back();
                live.pop_back();
            }
            ASSERT_EQ(blocks.bytes(), bytes);
            ASSERT_EQ(blocks.count(), live.size());
            ASSERT_LE(blocks.idle_bytes(), 64 * kib);
            ASSERT_EQ(counts.read().mapped, bytes + blocks.idle_bytes() + blocks.table_bytes());
            ASSERT_EQ(counts.read().overhead, blocks.table_bytes());
            ASSERT_EQ(upstream.outstanding_bytes(), counts.read().mapped);
            if (step % 100 == 0) {
                blocks.validate();
            }
        }
        // All that is left dies at once: reclaim finds each, also those that wrapped round.
        for (const held& h : live) {
            blocks.retire(h.p, h.bytes);
        }
        blocks.validate();
        EXPECT_EQ(blocks.reclaim(), bytes);
        blocks.trim();
        EXPECT_EQ(upstream.outstanding_bytes(), 0U);
        static_cast<void>(blocks.take(64 * kib, 4096));
    }
    EXPECT_EQ(upstream.outstanding_bytes(), 0U);
    EXPECT_EQ(upstream.mismatches(), 0U);
}

TEST(large_blocks, a_kept_block_serves_the_next_of_its_size) {
    tests::counting_upstream upstream;
    ebb::tally counts;
    ebb::large_blocks blocks(upstream, counts, {.bytes = 64 * kib, .most_bytes = 64 * kib});
    const auto first = blocks.take(32 * kib, 8192);
    EXPECT_TRUE(first.is_fresh);
    blocks.retire(first.block, 32 * kib);
    blocks.reclaim();
    EXPECT_EQ(blocks.idle_bytes(), 32 * kib);
    const auto other = blocks.take(16 * kib, 4096);
    EXPECT_TRUE(other.is_fresh);
    const auto again = blocks.take(32 * kib, 4096);
    EXPECT_FALSE(again.is_fresh);
    EXPECT_EQ(again.block, first.block);
    EXPECT_EQ(blocks.idle_bytes(), 0U);
    // One over the limit goes straight back.
    const auto large = blocks.take(128 * kib, 4096);
    blocks.retire(large.block, 128 * kib);
    blocks.reclaim();
    EXPECT_EQ(blocks.idle_bytes(), 0U);
    blocks.validate();
}

TEST(large_blocks, an_arena_that_goes_gives_live_blocks_back) {
    tests::counting_upstream upstream;
    {
        ebb::sized sized(upstream);
        ebb::go_heap heap(upstream);
        static_cast<void>(sized.allocate(100'000));
        static_cast<void>(heap.allocate(100'000));
        heap.deallocate(heap.allocate(50'000), 50'000);
    }
    EXPECT_EQ(upstream.outstanding_bytes(), 0U);
}

using large_blocks_death = ::testing::Test;

TEST(large_blocks_death, wrong_frees_stop_with_the_address) {
    ebb::sized a;
    void* const p = a.allocate(100'000);
    void* const q = a.allocate(100'000);
    EXPECT_DEATH(a.deallocate(p, 200'000), "a block of another size at 0x");
    EXPECT_DEATH(a.deallocate(static_cast<char*>(p) + 8, 100'000), "not a block of this arena");
    a.deallocate(p, 100'000);
    EXPECT_DEATH(a.deallocate(p, 100'000), "freed before");
    int local = 0;
    EXPECT_DEATH(a.deallocate(&local, 100'000), "not a block of this arena at 0x");
    a.deallocate(q, 100'000);
}

} // namespace
