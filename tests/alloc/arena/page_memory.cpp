// page_memory's growing blocks: where they lie, what the kernel holds of them, and what the ledger
// says. Its plain blocks pass the contract of all arenas (contract.cpp).
#include <ebb/alloc/arena/page_memory.h>
#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/os/pages.h>

#include <gtest/gtest.h>
#include <tests/support/random.h>

#include <cstring>
#include <new>
#include <string>
#include <utility>
#include <vector>

namespace tests {
namespace {

using ebb::kib;
using ebb::mib;

constexpr std::size_t largest = mib;

TEST(page_memory, a_block_grows_and_shrinks_where_it_lies) {
    ebb::page_memory memory;
    auto* const p = static_cast<char*>(memory.allocate_growing(100 * kib, largest));
    std::memset(p, 1, 100 * kib);
    ASSERT_TRUE(memory.resize(p, 100 * kib, largest, largest));
    std::memset(p + 100 * kib, 2, largest - 100 * kib);
    EXPECT_EQ(ebb::os::resident(p, largest), largest);
    ASSERT_TRUE(memory.resize(p, largest, 40 * kib, largest));
    EXPECT_EQ(ebb::os::resident(p, largest), 40 * kib);
    EXPECT_EQ(p[40 * kib - 1], 1);
    EXPECT_EQ(memory.read().live(), 40 * kib);
    EXPECT_TRUE(memory.read().balanced());
    memory.validate();
    memory.deallocate_growing(p, 40 * kib, largest);
    EXPECT_EQ(memory.read().live(), 0U);
}

TEST(page_memory, a_block_that_outgrows_its_range_stays_as_it_is) {
    ebb::page_memory memory;
    void* const p = memory.allocate_growing(100 * kib, largest);
    EXPECT_FALSE(memory.resize(p, 100 * kib, largest + 1, largest));
    EXPECT_FALSE(memory.resize(p, 100 * kib, SIZE_MAX, largest));
    EXPECT_EQ(memory.read().requested, 100 * kib);
    memory.deallocate_growing(p, 100 * kib, largest);
}

TEST(page_memory, of_what_is_given_back_a_quarter_of_a_mebibyte_stays_at_most) {
    ebb::page_memory memory;
    std::vector<void*> all;
    for (int i = 0; i < 50; ++i) {
        all.push_back(memory.allocate_growing(200 * kib, largest));
        std::memset(all.back(), 1, 200 * kib);
    }
    for (void* const p : all) {
        memory.deallocate_growing(p, 200 * kib, largest);
    }
    std::size_t held = 0;
    for (void* const p : all) {
        held += ebb::os::resident(p, largest);
    }
    EXPECT_EQ(held, 200 * kib);
    EXPECT_EQ(memory.read().idle, 200 * kib);
    // It serves the next block, which is shorter: the rest leaves.
    void* const next = memory.allocate_growing(60 * kib, largest);
    EXPECT_EQ(next, all.front());
    EXPECT_EQ(ebb::os::resident(next, largest), 60 * kib);
    memory.validate();
    memory.deallocate_growing(next, 60 * kib, largest);
    memory.trim();
    EXPECT_EQ(memory.read().idle, 0U);
    EXPECT_TRUE(memory.read().balanced());
}

TEST(page_memory, populated_pages_are_there_before_they_are_written) {
    ebb::page_memory memory;
    void* const p = memory.allocate_growing(300 * kib, largest);
    EXPECT_EQ(ebb::os::resident(p, largest), 0U);
    memory.populate(p, 100 * kib + 1);
    const std::size_t held = ebb::os::resident(p, largest);
    // A kernel before 5.14 doesn't take the hint.
    EXPECT_TRUE(held == 0 || held == 104 * kib) << held;
    memory.deallocate_growing(p, 300 * kib, largest);
}

TEST(page_memory, more_than_there_are_addresses_is_bad_alloc) {
    ebb::page_memory memory;
    EXPECT_THROW(static_cast<void>(memory.allocate_growing(SIZE_MAX, SIZE_MAX)), std::bad_alloc);
    EXPECT_THROW(static_cast<void>(memory.allocate_growing(kib, std::size_t{1} << 47)),
                 std::bad_alloc);
    EXPECT_TRUE(memory.read().balanced());
    memory.validate();
}

TEST(page_memory, blocks_stay_where_they_are_when_it_moves) {
    ebb::page_memory memory;
    auto* const p = static_cast<char*>(memory.allocate_growing(64 * kib, largest));
    std::strcpy(p, "kept");
    ebb::page_memory moved(std::move(memory));
    EXPECT_STREQ(p, "kept");
    EXPECT_EQ(moved.read().requested, 64 * kib);
    memory = std::move(moved); // NOLINT(bugprone-use-after-move): as good as new
    ASSERT_TRUE(memory.resize(p, 64 * kib, 128 * kib, largest));
    memory.deallocate_growing(p, 128 * kib, largest);
}

TEST(page_memory, random_blocks_hold_what_was_written) {
    const std::uint64_t seed = new_seed();
    SCOPED_TRACE("EBB_SEED=" + std::to_string(seed));
    random_engine random(seed);
    struct block {
        char* at;
        std::size_t bytes;
        std::size_t largest;
        char mark;
    };
    ebb::page_memory memory;
    std::vector<block> live;
    std::size_t requested = 0;
    const auto mark_ends = [](const block& b) {
        b.at[0] = b.mark;
        b.at[b.bytes - 1] = b.mark;
    };
    for (int step = 0; step < 4000; ++step) {
        const std::size_t pick = below(random, 10);
        if (pick < 4 || live.empty()) {
            const std::size_t most = std::size_t{4096} << below(random, 10);
            const std::size_t bytes = 1 + below(random, most);
            live.push_back({static_cast<char*>(memory.allocate_growing(bytes, most)), bytes, most,
                            static_cast<char>(step)});
            mark_ends(live.back());
            requested += bytes;
        } else {
            const std::size_t i = below(random, live.size());
            block& b = live[i];
            ASSERT_EQ(b.at[0], b.mark);
            ASSERT_EQ(b.at[b.bytes - 1], b.mark);
            const std::size_t bytes = 1 + below(random, b.largest);
            requested -= b.bytes;
            if (pick < 7) {
                ASSERT_TRUE(memory.resize(b.at, b.bytes, bytes, b.largest));
                b.bytes = bytes;
                mark_ends(b);
                requested += bytes;
            } else {
                memory.deallocate_growing(b.at, b.bytes, b.largest);
                live[i] = live.back();
                live.pop_back();
            }
        }
        if (below(random, 200) == 0) {
            memory.trim();
        }
        const ebb::ledger l = memory.read();
        ASSERT_TRUE(l.balanced()) << "step " << step;
        ASSERT_EQ(l.requested, requested) << "step " << step;
        memory.validate();
    }
    for (const block& b : live) {
        memory.deallocate_growing(b.at, b.bytes, b.largest);
    }
}

TEST(page_memory, slabs_lie_aligned_give_back_any_page_and_are_charged_by_their_user) {
    const std::size_t page = ebb::os::page_size();
    constexpr std::size_t bytes = 256 * kib;
    ebb::page_memory memory;
    std::vector<char*> slabs;
    for (int n = 0; n < 20; ++n) {
        slabs.push_back(static_cast<char*>(ebb::page_memory::map_slab(bytes)));
        ASSERT_TRUE(ebb::is_aligned(slabs.back(), bytes));
        ASSERT_EQ(ebb::os::resident(slabs.back(), bytes), 0U);
    }
    EXPECT_EQ(memory.read().mapped, 0U);
    char* const slab = slabs[7];
    std::memset(slab, 1, 3 * page);
    ebb::slab_pages::populate(slab + 3 * page, page);
    memory.charge(4 * page);
    ebb::slab_pages::release(slab + page, page);
    memory.refund(page);
    EXPECT_LE(ebb::os::resident(slab, bytes), 3 * page);
    EXPECT_EQ(slab[0] + slab[page] + slab[2 * page], 2);
    EXPECT_EQ(memory.read().requested, 3 * page);
    EXPECT_EQ(memory.read().mapped, 3 * page);
    EXPECT_TRUE(memory.read().balanced());
    memory.validate();
    for (char* const s : slabs) {
        ebb::slab_pages::release(s, bytes);
        EXPECT_EQ(ebb::os::resident(s, bytes), 0U);
        ebb::slab_pages::unmap(s, bytes);
    }
    memory.refund(3 * page);
    EXPECT_EQ(memory.read().requested, 0U);
}

} // namespace
} // namespace tests
