// What the hardened build finds that the default one can't.
#include <ebb/alloc/base/sanitizers.h>
#include <ebb/alloc/engine/heap.h>
#include <ebb/alloc/engine/purge.h>
#include <ebb/alloc/engine/snapshot.h>
#include <ebb/alloc/engine/start.h>
#include <ebb/alloc/os/pages.h>

#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <vector>

namespace {

using namespace ebb; // NOLINT: a test's own file

static_assert(engine::hardened);

class hardened : public testing::Test {
  protected:
    void SetUp() override { engine::load(); }
};

unsigned char* take(std::size_t n) {
    return static_cast<unsigned char*>(engine::allocate(n));
}

using hardened_death = hardened;

// A sanitizer turns the signal into its own report and exit.
bool ends_by_fault(int status) {
    return sanitized ? status != 0 : testing::KilledBySignal(SIGSEGV)(status);
}

TEST_F(hardened_death, stops_on_a_byte_written_behind_a_block_of_any_size) {
    for (const std::size_t n :
         {0U, 1U, 15U, 16U, 63U, 64U, 100U, 1000U, 5000U, 262144U, 300000U, 5000000U}) {
        unsigned char* const p = take(n);
        std::memset(p, 1, n);
        EXPECT_DEATH((p[n] ^= 1, engine::deallocate(p)), "written past its end: 0x") << n;
        EXPECT_DEATH((p[n + 3] ^= 1, engine::deallocate(p)), "written past its end: 0x") << n;
        engine::deallocate(p);
    }
}

TEST_F(hardened_death, checks_a_resized_block_where_it_ends_now) {
    unsigned char* p = static_cast<unsigned char*>(engine::reallocate(take(100), 97));
    EXPECT_DEATH((p[97] ^= 1, engine::deallocate(p)), "written past its end");
    p = static_cast<unsigned char*>(engine::reallocate(p, 300000));
    p = static_cast<unsigned char*>(engine::reallocate(p, 300007));
    EXPECT_DEATH((p[300007] ^= 1, engine::deallocate(p)), "written past its end");
    engine::deallocate(p);
}

TEST_F(hardened_death, stops_on_a_write_after_free_when_the_slot_leaves_its_quarantine) {
    EXPECT_DEATH(
        {
            unsigned char* const p = take(64);
            engine::deallocate(p);
            p[8] = 1;
            for (std::size_t i = 0; i < engine::quarantine::most_slots; ++i) {
                engine::deallocate(take(64));
            }
        },
        "written to after it was freed: 0x.*a slot of");
}

TEST_F(hardened_death, stops_on_a_double_free_at_once_and_from_the_quarantine) {
    unsigned char* const p = take(64);
    engine::deallocate(p);
    EXPECT_DEATH(engine::deallocate(p), "double free of 0x");
}

TEST_F(hardened_death, stops_on_a_sized_free_with_another_size) {
    unsigned char* const p = take(64);
    EXPECT_DEATH(engine::deallocate_sized(p, 63), "another size than was asked for");
    engine::deallocate_sized(p, 64);
    engine::deallocate_sized(nullptr, 64);
}

TEST_F(hardened_death, faults_behind_a_large_block_and_behind_a_span) {
    const std::size_t page = os::page_size();
    unsigned char* const large = take(mib);
    const auto end =
        align_up(address_of(large) + mib + engine::behind_block + page, engine::block_bytes);
    EXPECT_EXIT(*reinterpret_cast<volatile char*>(end - 1), ends_by_fault, "");
    engine::deallocate(large);
    unsigned char* const small = take(64);
    const auto span_end = (address_of(small) | (engine::block_bytes - 1));
    EXPECT_EXIT(*reinterpret_cast<volatile char*>(span_end), ends_by_fault, "");
    engine::deallocate(small);
}

TEST_F(hardened, doesnt_hand_a_slot_out_again_soon) {
    for (int round = 0; round < 100; ++round) {
        unsigned char* const p = take(64);
        engine::deallocate(p);
        std::vector<unsigned char*> next;
        for (int i = 0; i < 100; ++i) {
            next.push_back(take(64));
            ASSERT_NE(next.back(), p);
        }
        for (unsigned char* const q : next) {
            engine::deallocate(q);
        }
    }
}

TEST_F(hardened, hands_slots_out_in_no_order) {
    std::vector<unsigned char*> blocks;
    int neighbours = 0;
    for (std::size_t i = 0; i < 400; ++i) {
        blocks.push_back(take(200));
        neighbours += i != 0 && blocks[i] - blocks[i - 1] == 224 ? 1 : 0;
    }
    EXPECT_EQ(std::set(blocks.begin(), blocks.end()).size(), blocks.size());
    EXPECT_LT(neighbours, 40);
    for (unsigned char* const p : blocks) {
        engine::deallocate(p);
    }
}

TEST_F(hardened, counts_what_waits_as_dead) {
    engine::purge::all();
    const engine::purge::pause quiet;
    std::vector<unsigned char*> blocks(200);
    for (unsigned char*& p : blocks) {
        p = take(500);
    }
    const std::uint64_t before = engine::read_ledger().dead;
    for (unsigned char* const p : blocks) {
        engine::deallocate(p);
    }
    const ebb_ledger after = engine::read_ledger();
    EXPECT_EQ(after.dead - before, 200 * 512);
    EXPECT_EQ(after.mapped,
              after.requested + after.slack + after.dead + after.idle + after.overhead);
}

TEST_F(hardened, promises_no_byte_beyond_what_was_asked_for) {
    for (const std::size_t n : {0U, 1U, 100U, 1000U, 100000U, 1000000U}) {
        unsigned char* const p = take(n);
        EXPECT_EQ(engine::usable_size(p), n);
        EXPECT_EQ(engine::good_size(n, 16), n);
        engine::deallocate(p);
    }
}

TEST_F(hardened, gives_guarded_pages_back_whole) {
    // What was a guard is ordinary again when its run serves something else.
    for (int round = 0; round < 50; ++round) {
        for (const std::size_t n : {300000U, 700000U, 1500000U}) {
            unsigned char* const p = take(n);
            std::memset(p, 1, n);
            engine::deallocate(p);
        }
    }
    engine::validate();
}

} // namespace
