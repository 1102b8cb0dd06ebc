#include <ebb/alloc/arena/bump.h>

#include <gtest/gtest.h>
#include <tests/support/random.h>
#include <tests/support/upstream.h>

#include <cstring>
#include <memory>
#include <set>
#include <vector>

namespace {

using namespace tests;

TEST(bump, blocks_of_a_page_begin_on_many_lines) {
    ebb::bump b;
    std::set<std::uintptr_t> lines;
    for (int i = 0; i < 1000; ++i) {
        lines.insert(ebb::address_of(b.allocate(4096)) % 4096 / 64);
    }
    // Without lanes one line of each page would serve for all of a chunk.
    EXPECT_GE(lines.size(), 32U);
    EXPECT_LE(b.read().slack, 126 * ebb::bump::line_bytes);
    b.validate();
}

TEST(bump, a_pair_of_any_size_leaves_no_slack_behind) {
    for (const std::size_t bytes : {std::size_t{100}, std::size_t{4096}, std::size_t{100'000}}) {
        ebb::bump b;
        static_cast<void>(b.allocate(40'000)); // so that the next crosses into a lane
        for (int i = 0; i < 10'000; ++i) {
            b.deallocate(b.allocate(bytes), bytes);
        }
        EXPECT_LE(b.read().slack, ebb::bump::line_bytes) << bytes;
    }
}

TEST(bump, blocks_lie_one_behind_the_other) {
    ebb::bump b;
    auto* const a = static_cast<std::byte*>(b.allocate(24));
    auto* const c = static_cast<std::byte*>(b.allocate(3, 1));
    auto* const d = static_cast<std::byte*>(b.allocate(16, 16));
    EXPECT_EQ(c, a + 24);
    EXPECT_EQ(d, a + 32);
    const ebb::ledger l = b.read();
    EXPECT_EQ(l.requested, 43U);
    EXPECT_EQ(l.slack, 5U);
    EXPECT_EQ(l.mapped, ebb::bump::first_chunk_bytes);
    EXPECT_EQ(l.overhead, 32U);
    b.validate();
}

TEST(bump, the_last_block_rolls_back_and_others_turn_dead) {
    ebb::bump b;
    void* const first = b.allocate(100, 1);
    void* const second = b.allocate(50, 1);
    void* const third = b.allocate(25, 1);
    b.deallocate(third, 25, 1);
    b.deallocate(second, 50, 1);
    EXPECT_EQ(b.read().live(), 100U);
    EXPECT_EQ(b.read().dead, 0U);
    EXPECT_EQ(b.allocate(50, 1), second);
    b.deallocate(first, 100, 1);
    EXPECT_EQ(b.read().dead, 100U);
    EXPECT_EQ(b.read().requested, 50U);
    EXPECT_EQ(b.read().peak, 175U);
    b.validate();
}

TEST(bump, an_over_aligned_block_of_its_own_chunk_has_no_padding) {
    ebb::bump b;
    void* const p = b.allocate(5 * ebb::mib, ebb::mib);
    EXPECT_TRUE(ebb::is_aligned(p, ebb::mib));
    EXPECT_EQ(b.read().slack, 0U);
    EXPECT_EQ(b.read().mapped, 5 * ebb::mib + 4096);
    b.validate();
}

TEST(bump, reset_and_trim_return_every_byte) {
    counting_upstream upstream;
    ebb::bump b(upstream);
    for (int i = 0; i < 1000; ++i) {
        static_cast<void>(b.allocate(10'000));
    }
    static_cast<void>(b.allocate(ebb::bump::max_chunk_bytes + 1));
    b.reset();
    b.validate();
    const ebb::ledger l = b.read();
    EXPECT_EQ(l.occupied(), 0U);
    EXPECT_EQ(l.mapped, ebb::bump::max_chunk_bytes) << "after a first round no more is kept";
    EXPECT_EQ(l.idle + l.overhead, l.mapped);
    b.trim();
    EXPECT_EQ(b.read().mapped, 0U);
    EXPECT_EQ(upstream.outstanding_bytes(), 0U);
    EXPECT_EQ(upstream.mismatches(), 0U);
}

TEST(bump, like_rounds_take_nothing_from_below_and_a_huge_one_is_not_kept) {
    counting_upstream upstream;
    ebb::bump b(upstream);
    const auto round = [&](int blocks) {
        for (int i = 0; i < blocks; ++i) {
            static_cast<void>(b.allocate(10'000));
        }
        b.reset();
        b.validate();
        return b.read().mapped;
    };
    round(2000);
    round(2000);
    const auto mapped = round(2000);
    const auto calls = upstream.allocations();
    EXPECT_EQ(round(2000), mapped);
    EXPECT_EQ(round(2000), mapped);
    EXPECT_EQ(upstream.allocations(), calls);
    EXPECT_LE(round(100'000), mapped);
}

TEST(bump, the_destructor_returns_every_byte_and_its_markers_turn_stale) {
    counting_upstream upstream;
    auto b = std::make_unique<ebb::bump>(upstream);
    static_cast<void>(b->allocate(100'000));
    const auto mark = b->mark();
    b.reset();
    EXPECT_EQ(upstream.outstanding_bytes(), 0U);
}

TEST(bump, peaks_are_exact_when_empty_blocks_give_way_to_full_ones) {
    ebb::bump b;
    void* const empty = b.allocate(0, 1);
    b.deallocate(empty, 0, 1);
    void* const full = b.allocate(1, 1);
    EXPECT_EQ(full, empty);
    b.deallocate(full, 1, 1);
    EXPECT_EQ(b.read().peak_requested, 1U);
    EXPECT_EQ(b.read().peak, 1U);
    EXPECT_EQ(b.read().occupied(), 0U);
}

TEST(bump, rewind_restores_the_ledger_of_the_mark) {
    ebb::bump b;
    static_cast<void>(b.allocate(1000));
    const ebb::ledger before = b.read();
    auto mark = b.mark();
    EXPECT_EQ(b.read(), before) << "a mark takes nothing";
    void* const after = b.allocate(100);
    static_cast<void>(b.allocate(200'000));
    b.rewind(mark);
    b.trim();
    b.validate();
    ebb::ledger now = b.read();
    EXPECT_GT(now.peak, before.peak);
    now.peak = before.peak;
    now.peak_requested = before.peak_requested;
    now.peak_mapped = before.peak_mapped;
    EXPECT_EQ(now, before);
    EXPECT_EQ(b.allocate(100), after) << "and the cursor too";
    b.rewind(mark);
    EXPECT_EQ(b.read().requested, 1000U) << "as often as one likes";
}

TEST(bump, like_rounds_of_mark_and_trim_map_like_much) {
    ebb::bump a;
    static_cast<void>(a.allocate(8));
    std::uint64_t first = 0;
    for (int round = 0; round < 10; ++round) {
        {
            auto m = a.mark();
            static_cast<void>(a.allocate(70'000));
            first = round == 0 ? a.read().mapped : first;
            EXPECT_EQ(a.read().mapped, first) << round;
            a.rewind(m);
        }
        a.trim();
    }
}

TEST(bump, older_blocks_freed_under_a_mark_stay_freed) {
    ebb::bump b;
    void* const old = b.allocate(64);
    static_cast<void>(b.allocate(64));
    auto outer = b.mark();
    void* const middle = b.allocate(64);
    static_cast<void>(b.allocate(64));
    auto inner = b.mark();
    b.deallocate(middle, 64);
    b.deallocate(old, 64);
    b.rewind(inner);
    EXPECT_EQ(b.read().requested, 128U);
    EXPECT_EQ(b.read().dead, 128U);
    b.rewind(outer);
    EXPECT_EQ(b.read().requested, 64U);
    EXPECT_EQ(b.read().dead, 64U);
    b.validate();
}

TEST(bump, an_older_block_rolled_back_under_a_mark_stays_rolled_back) {
    ebb::bump b;
    static_cast<void>(b.allocate(64));
    void* const last = b.allocate(64);
    auto mark = b.mark();
    b.deallocate(last, 64);
    EXPECT_EQ(b.allocate(100), last);
    b.rewind(mark);
    EXPECT_EQ(b.read().requested, 64U);
    EXPECT_EQ(b.read().occupied(), 64U);
    EXPECT_EQ(b.allocate(8), last);
    b.validate();
}

using bump_death = ::testing::Test;

TEST(bump_death, a_stale_marker_stops_the_program) {
    ebb::bump b;
    ebb::bump other;
    auto outer = b.mark();
    auto inner = b.mark();
    b.rewind(outer);
    EXPECT_DEATH(b.rewind(inner), "stale");
    EXPECT_DEATH(other.rewind(outer), "another arena");
    b.reset();
    EXPECT_DEATH(b.rewind(outer), "stale");
}

// A naive model beside random marks: each mark keeps a copy of what was live, and a block freed
// since is taken out of every copy that has it.
TEST(bump, random_marks_and_rewinds_agree_with_a_model) {
    struct block {
        std::byte* at;
        std::size_t bytes;
    };
    struct shot {
        std::unique_ptr<ebb::bump::marker> marker;
        std::vector<block> live;
        std::uint64_t dead;
    };
    const std::uint64_t seed = new_seed();
    SCOPED_TRACE(testing::Message() << "EBB_SEED=" << seed);
    random_engine random(seed);
    counting_upstream upstream;
    ebb::bump b(upstream);
    std::vector<block> live;
    std::vector<shot> shots;
    std::uint64_t dead = 0;
    std::uint64_t lanes_begun = 0; // by rewinds: each begins one where it goes back to
    const auto drop = [](std::vector<block>& from, std::byte* at) {
        const auto same = [&](const block& other) { return other.at == at; };
        return std::erase_if(from, same) != 0;
    };
    for (int step = 0; step < (sanitized ? 20'000 : 200'000); ++step) {
        const std::size_t pick = below(random, 100);
        if (pick < 55) {
            const std::size_t bytes = 1 + below(random, pick == 0 ? 100'000 : 300);
            live.push_back({static_cast<std::byte*>(b.allocate(bytes, 1)), bytes});
        } else if (pick < 90 && !live.empty()) {
            const std::size_t i = pick < 70 ? live.size() - 1 : below(random, live.size());
            const block gone = live[i];
            const ebb::ledger before = b.read();
            b.deallocate(gone.at, gone.bytes, 1);
            const bool died = b.read().dead != before.dead;
            dead += died ? gone.bytes : 0;
            live.erase(live.begin() + static_cast<std::ptrdiff_t>(i));
            for (shot& s : shots) {
                s.dead += drop(s.live, gone.at) && died ? gone.bytes : 0;
            }
        } else if (pick < 95 && shots.size() < 8) {
            shots.push_back({std::unique_ptr<ebb::bump::marker>(new auto(b.mark())), live, dead});
        } else if (!shots.empty()) {
            const std::size_t i = below(random, shots.size());
            b.rewind(*shots[i].marker);
            ++lanes_begun;
            live = shots[i].live;
            dead = shots[i].dead;
            // Now and then the mark itself stays open, or an older one is closed first.
            shots.resize(i + below(random, 2));
            if (!shots.empty() && below(random, 4) == 0) {
                shots.erase(shots.begin());
            }
        }
        if (step % 5000 == 4999) {
            shots.clear();
            b.reset();
            live.clear();
            dead = 0;
            lanes_begun = 0;
        }
        if (step % 97 == 0) {
            b.trim();
        }
        std::uint64_t requested = 0;
        for (const block& l : live) {
            requested += l.bytes;
        }
        const ebb::ledger l = b.read();
        ASSERT_TRUE(l.balanced()) << "step " << step;
        ASSERT_EQ(l.requested, requested) << "step " << step;
        ASSERT_EQ(l.dead, dead) << "step " << step;
        // Unpadded blocks leave nothing but the lines that are skipped between lanes.
        ASSERT_EQ(l.slack % ebb::bump::line_bytes, 0U) << "step " << step;
        ASSERT_LE(l.slack,
                  (l.occupied() / ebb::bump::lane_bytes + 1 + lanes_begun) * ebb::bump::line_bytes)
            << "step " << step;
        ASSERT_EQ(l.mapped, upstream.outstanding_bytes()) << "step " << step;
        b.validate();
    }
}

} // namespace
