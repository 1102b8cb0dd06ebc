// The engine against a naive model: every block's bytes, and the ledger to the byte.
#include <ebb/alloc/base/sanitizers.h>
#include <ebb/alloc/engine/heap.h>
#include <ebb/alloc/engine/purge.h>
#include <ebb/alloc/engine/snapshot.h>
#include <ebb/alloc/engine/start.h>

#include <gtest/gtest.h>
#include <tests/support/random.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <thread>
#include <vector>

namespace {

using namespace ebb; // NOLINT: a test's own file
using tests::below;

struct block {
    unsigned char* at;
    std::size_t size;
    unsigned char fill;
};

// What the program knows of its heap, beside what the heap says.
class model {
  public:
    explicit model(std::uint64_t seed) : random_(seed) { engine::load(); }
    ~model() {
        while (!blocks_.empty()) {
            drop(blocks_.size() - 1);
        }
    }

    void step() {
        switch (below(random_, 16)) {
        case 0:
        case 1:
        case 2:
        case 3:
        case 4:
            keep(engine::allocate(last_ = size()));
            break;
        case 5:
            add_zeroed();
            break;
        case 6:
            add_aligned();
            break;
        case 7:
        case 8:
            resize();
            break;
        default:
            if (!blocks_.empty()) {
                drop(below(random_, blocks_.size()));
            }
        }
        highest_ = std::max(highest_, requested_);
    }

    void check() const {
        const ebb_ledger now = engine::read_ledger();
        ASSERT_EQ(now.requested - before_.requested, requested_);
        ASSERT_EQ(now.allocations - before_.allocations, calls_);
        ASSERT_EQ(now.frees - before_.frees, frees_);
        ASSERT_EQ(now.mapped, now.requested + now.slack + now.dead + now.idle + now.overhead);
        ASSERT_GE(now.peak_requested, before_.requested + highest_);
    }

    [[nodiscard]] std::size_t highest() const { return highest_; }

  private:
    std::size_t size() {
        const std::size_t bits = below(random_, 100) < 97 ? below(random_, 13) : below(random_, 22);
        return below(random_, std::size_t{1} << bits) + below(random_, 2);
    }

    void keep(void* p) {
        ASSERT_NE(p, nullptr);
        const block b{static_cast<unsigned char*>(p), last_, static_cast<unsigned char>(random_())};
        ASSERT_EQ(address_of(p) % 16, 0U);
        const std::size_t usable = engine::usable_size(p);
        ASSERT_GE(usable, b.size);
        std::memset(p, b.fill, usable); // the program may use it all
        blocks_.push_back(b);
        requested_ += b.size;
        ++calls_;
    }

    void add_zeroed() {
        last_ = size();
        auto* const p = static_cast<unsigned char*>(engine::allocate_zeroed(last_));
        ASSERT_TRUE(std::all_of(p, p + last_, [](unsigned char c) { return c == 0; }));
        keep(p);
    }

    void add_aligned() {
        const std::size_t alignment = std::size_t{1} << below(random_, 19);
        last_ = size();
        void* const p = engine::allocate_aligned(last_, alignment);
        ASSERT_TRUE(is_aligned(p, alignment));
        keep(p);
    }

    void verify(const block& b, std::size_t bytes) const {
        for (std::size_t i = 0; i < bytes; ++i) {
            ASSERT_EQ(b.at[i], b.fill) << "byte " << i << " of " << b.size;
        }
    }

    void resize() {
        if (blocks_.empty()) {
            return;
        }
        block& b = blocks_[below(random_, blocks_.size())];
        const std::size_t n = size() + 1;
        b.at = static_cast<unsigned char*>(engine::reallocate(b.at, n));
        ASSERT_NE(b.at, nullptr);
        verify(b, std::min(n, b.size));
        requested_ += n - b.size;
        b.size = n;
        std::memset(b.at, b.fill, engine::usable_size(b.at));
    }

    void drop(std::size_t i) {
        verify(blocks_[i], engine::usable_size(blocks_[i].at));
        engine::deallocate(blocks_[i].at);
        requested_ -= blocks_[i].size;
        ++frees_;
        blocks_[i] = blocks_.back();
        blocks_.pop_back();
    }

    tests::random_engine random_;
    ebb_ledger before_ = engine::read_ledger();
    std::vector<block> blocks_;
    std::size_t last_ = 0;
    std::size_t requested_ = 0;
    std::size_t highest_ = 0;
    std::uint64_t calls_ = 0;
    std::uint64_t frees_ = 0;
};

TEST(heap, keeps_blocks_and_ledger_through_a_random_trace) {
    const std::uint64_t seed = tests::new_seed();
    SCOPED_TRACE(testing::Message() << "EBB_SEED=" << seed);
    model m(seed);
    const int steps = tests::sanitized ? 30'000 : 300'000;
    for (int i = 0; i < steps && !testing::Test::HasFatalFailure(); ++i) {
        m.step();
        m.check();
        if (i % 1000 == 0) {
            engine::validate();
        }
        if (i % 5000 == 0) {
            engine::purge::all();
        }
    }
}

TEST(heap, counts_exactly_when_blocks_are_freed_by_other_threads) {
    engine::load();
    const ebb_ledger before = engine::read_ledger();
    constexpr int threads = 8;
    constexpr int rounds = tests::sanitized ? 20 : 200;
    std::vector<void*> handed(threads * 256, nullptr);
    for (int round = 0; round < rounds; ++round) {
        std::vector<std::thread> all;
        for (std::size_t t = 0; t < threads; ++t) {
            all.emplace_back([&handed, t, round] {
                // Frees what its neighbour made in the last round, then makes its own.
                for (std::size_t i = 0; i < 256; ++i) {
                    engine::deallocate(handed[(t + 1) % threads * 256 + i]);
                }
                static_cast<void>(round);
            });
        }
        for (std::thread& t : all) {
            t.join();
        }
        all.clear();
        for (std::size_t t = 0; t < threads; ++t) {
            all.emplace_back([&handed, t] {
                for (std::size_t i = 0; i < 256; ++i) {
                    handed[t * 256 + i] = engine::allocate(t * 97 + i * 3);
                }
            });
        }
        for (std::thread& t : all) {
            t.join();
        }
        std::size_t expected = 0;
        for (std::size_t t = 0; t < threads; ++t) {
            for (std::size_t i = 0; i < 256; ++i) {
                expected += t * 97 + i * 3;
            }
        }
        ASSERT_EQ(engine::read_ledger().requested - before.requested, expected);
        engine::validate();
    }
    for (void* p : handed) {
        engine::deallocate(p);
    }
    const ebb_ledger after = engine::read_ledger();
    EXPECT_EQ(after.requested, before.requested);
    EXPECT_EQ(after.slack, before.slack);
    EXPECT_EQ(after.allocations - before.allocations, after.frees - before.frees);
    engine::validate();
}

TEST(heap, knows_the_peak_exactly_while_one_thread_uses_it) {
    engine::load();
    const ebb_ledger before = engine::read_ledger();
    const std::size_t above = static_cast<std::size_t>(before.peak_requested - before.requested);
    void* const a = engine::allocate(above + 1000);
    EXPECT_EQ(engine::read_ledger().peak_requested, before.peak_requested + 1000);
    void* const b = engine::allocate(77);
    engine::deallocate(b);
    engine::deallocate(a);
    EXPECT_EQ(engine::read_ledger().peak_requested, before.peak_requested + 1077);
}

TEST(heap, refuses_what_no_memory_can_hold) {
    EXPECT_EQ(engine::allocate(PTRDIFF_MAX), nullptr);
    EXPECT_EQ(engine::allocate(SIZE_MAX), nullptr);
    EXPECT_EQ(engine::allocate_aligned(1, std::size_t{1} << 62), nullptr);
    EXPECT_EQ(engine::allocate_aligned(PTRDIFF_MAX - 1, 1 << 20), nullptr);
    void* const p = engine::allocate(100);
    EXPECT_EQ(engine::reallocate(p, SIZE_MAX - 5), nullptr);
    EXPECT_GE(engine::usable_size(p), 100U);
    engine::deallocate(p);
}

TEST(heap, gives_back_pages_inside_of_spans_that_hold_survivors) {
    engine::load();
    std::vector<void*> blocks(200'000);
    for (void*& p : blocks) {
        p = engine::allocate(128);
        std::memset(p, 1, 128);
    }
    const ebb_resident full = engine::read_resident();
    std::vector<void*> kept;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        if (i % 1000 == 0) {
            kept.push_back(blocks[i]);
        } else {
            engine::deallocate(blocks[i]);
        }
    }
    engine::purge::all();
    const ebb_resident after = engine::read_resident();
    EXPECT_GT(full.resident - full.overhead, 25'000'000U);
    // 200 survivors, a page each, and what else the process holds, on fewer than 100 pages more.
    EXPECT_LT(after.resident - after.overhead, 300 * engine::page_bytes() + 2'200'000U);
    for (void* p : kept) {
        engine::deallocate(p);
    }
    engine::validate();
}

using heap_death = testing::Test;

TEST(heap_death, stops_at_a_double_free) {
    const auto twice = [] {
        void* const p = engine::allocate(64);
        engine::deallocate(p);
        engine::deallocate(p);
    };
    EXPECT_DEATH(twice(), "ebb: double free of 0x[0-9a-f]+ \\(a slot of (64|80) bytes\\)");
}

TEST(heap_death, stops_at_a_double_free_much_later) {
    const auto later = [] {
        std::vector<void*> blocks(10'000);
        for (void*& p : blocks) {
            p = engine::allocate(64);
        }
        for (void* p : blocks) {
            engine::deallocate(p);
        }
        engine::purge::all();
        engine::deallocate(blocks[5'000]);
    };
    EXPECT_DEATH(later(), "ebb: (double free|free of an address)");
}

TEST(heap_death, stops_at_a_double_free_on_another_thread) {
    const auto other = [] {
        void* const p = engine::allocate(100);
        std::thread([p] { engine::deallocate(p); }).join();
        engine::deallocate(p);
    };
    EXPECT_DEATH(other(), "ebb: double free of");
}

TEST(heap_death, stops_at_a_double_free_of_a_large_block) {
    const auto large = [] {
        void* const p = engine::allocate(3 << 20);
        engine::deallocate(p);
        engine::deallocate(p);
    };
    EXPECT_DEATH(large(), "ebb: double free of");
}

TEST(heap_death, stops_at_foreign_and_interior_addresses) {
    int local = 0;
    EXPECT_DEATH(engine::deallocate(&local), "ebb: free of an address that is no block's");
    EXPECT_DEATH(engine::deallocate(reinterpret_cast<void*>(0x1234567890123456)),
                 "ebb: free of an address");
    const auto inside = [](std::size_t n, std::size_t offset) {
        engine::deallocate(advance(engine::allocate(n), offset));
    };
    EXPECT_DEATH(inside(1000, 16), "ebb: free of an address inside of a block");
    EXPECT_DEATH(inside(100, 1), "ebb: free of an address inside of a block");
    EXPECT_DEATH(inside(1 << 20, 4096), "ebb: free of an address");
    EXPECT_DEATH(inside(1 << 20, 1 << 16), "ebb: free of an address");
}

TEST(heap_death, stops_at_the_zero_behind_a_string) {
    const auto overrun = [] {
        auto* const p = static_cast<unsigned char*>(engine::allocate(63));
        p[63] = 0;
        engine::deallocate(p);
    };
    EXPECT_DEATH(overrun(), engine::poisons ? "AddressSanitizer: [a-z-]+ on address"
                                            : "ebb: written past its end: 0x[0-9a-f]+");
}

// What the address sanitizer is told.
TEST(heap_poison, marks_what_is_no_block) {
    if (!engine::poisons) {
        GTEST_SKIP() << "no address sanitizer";
    }
    for (const std::size_t n :
         std::initializer_list<std::size_t>{1, 16, 60, 64, 1000, 100'000, 300'000, 6'000'000}) {
        auto* const p = static_cast<unsigned char*>(engine::allocate(n));
        EXPECT_FALSE(is_poisoned(p, n)) << n;
        if (n % 16 != 0) { // else the block may fill its slot
            EXPECT_TRUE(is_poisoned(p + n, 1)) << n;
        }
        auto* const q = static_cast<unsigned char*>(engine::reallocate(p, n + 8));
        EXPECT_FALSE(is_poisoned(q, n + 8)) << n;
        engine::deallocate(q);
        EXPECT_TRUE(is_poisoned(q, 1)) << n;
        EXPECT_TRUE(is_poisoned(q + n - 1, 1)) << n;
    }
}

} // namespace
