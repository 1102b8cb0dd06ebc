#include <ebb/alloc/arena/charged.h>
#include <ebb/alloc/arena/sized.h>
#include <ebb/alloc/ledger/account.h>
#include <ebb/alloc/ledger/cells.h>

#include <gtest/gtest.h>
#include <tests/support/forked.h>
#include <tests/support/random.h>
#include <tests/support/refuse.h>

#include <sys/syscall.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using ebb::account;
using ebb::account_reading;

// Charged before main, to see that no constructor is waited for.
account early("early");
const bool charged_early = (early.charge(3, 8), true);

TEST(account, works_before_main) {
    EXPECT_TRUE(charged_early);
    EXPECT_EQ(early.read().requested, 3U);
    EXPECT_EQ(early.read().slack, 5U);
}

TEST(account, one_threads_sums_and_peak_are_exact) {
    account a("one");
    a.charge(100, 112);
    a.charge(10, 16);
    a.refund(100, 112);
    a.charge(1, 8);
    const account_reading r = a.read();
    EXPECT_EQ(r.requested, 11U);
    EXPECT_EQ(r.slack, 13U);
    EXPECT_EQ(r.allocations, 3U);
    EXPECT_EQ(r.frees, 1U);
    EXPECT_EQ(r.peak, 128U);
    EXPECT_EQ(r.peak_error_bound, 0U);
}

TEST(account, charges_reach_every_parent_and_no_sibling) {
    account root("root");
    account left("left", &root);
    account right("right", &root);
    account leaf("leaf", &left);
    leaf.charge(5, 8);
    right.charge(50, 64);
    root.charge(500, 512);
    EXPECT_EQ(leaf.read().requested, 5U);
    EXPECT_EQ(left.read().requested, 5U);
    EXPECT_EQ(right.read().requested, 50U);
    EXPECT_EQ(root.read().requested, 555U);
    EXPECT_EQ(root.read().live(), 584U);
    EXPECT_EQ(root.read().allocations, 3U);
    leaf.refund(5, 8);
    EXPECT_EQ(root.read().requested, 550U);
    EXPECT_EQ(left.read().frees, 1U);
}

TEST(account, an_ended_childs_charges_stay_with_its_parent) {
    account root("root");
    {
        account child("child", &root);
        child.charge(1'000'000, 1'000'000);
        child.refund(999'000, 999'000);
    }
    const account_reading r = root.read();
    EXPECT_EQ(r.requested, 1000U);
    EXPECT_EQ(r.allocations, 1U);
    EXPECT_EQ(r.frees, 1U);
    EXPECT_GE(r.peak + r.peak_error_bound, 1'000'000U);
    EXPECT_LE(r.peak, 1'000'000U + r.peak_error_bound);
}

TEST(account, an_ended_child_tells_what_it_had_not_told) {
    account root("root");
    for (int i = 0; i < 100; ++i) {
        account child("child", &root);
        child.charge(60'000, 60'000); // less than a quantum each
    }
    for (int i = 0; i < 100; ++i) {
        root.refund(60'000, 60'000);
    }
    EXPECT_EQ(root.read().live(), 0U);
    EXPECT_EQ(root.read().peak, 6'000'000U);
}

TEST(account, a_used_place_starts_at_nothing) {
    for (int i = 0; i < 3000; ++i) {
        account a("again");
        ASSERT_EQ(a.read().allocations, 0U);
        ASSERT_EQ(a.read().peak, 0U);
        a.charge(100, 100);
    }
}

TEST(account, beyond_the_limit_is_length_error_and_changes_nothing) {
    std::vector<std::unique_ptr<account>> all;
    const auto make_all = [&] {
        for (;;) {
            all.push_back(std::make_unique<account>("many"));
        }
    };
    EXPECT_THROW(make_all(), std::length_error);
    EXPECT_EQ(all.size(), account::max_count - 1) << "but for `early`";
    all.pop_back();
    account last("last");
    last.charge(1, 1);
    EXPECT_EQ(last.read().requested, 1U);
}

TEST(account, names_are_1_to_63_printable_characters) {
    EXPECT_THROW(account(""), std::invalid_argument);
    EXPECT_THROW(account(std::string(64, 'x')), std::invalid_argument);
    EXPECT_THROW(account("two\nlines"), std::invalid_argument);
    const std::string longest(63, 'x');
    EXPECT_EQ(account(longest).name(), longest);
}

TEST(account, each_is_visited_parents_first) {
    account root("root");
    auto gap = std::make_unique<account>("gap");
    account late("late");
    gap.reset();
    account child("child", &late); // takes the place before its parent's
    std::vector<std::string> names;
    account::for_each([&](const account& a) {
        EXPECT_LE(a.read().frees, a.read().allocations);
        names.emplace_back(a.name());
    });
    EXPECT_EQ(names, (std::vector<std::string>{"early", "root", "late", "child"}));
    EXPECT_EQ(child.parent(), &late);
}

TEST(account, many_threads_sum_to_the_byte_and_the_peak_keeps_its_bound) {
    constexpr std::size_t threads = 8;
    constexpr std::size_t rounds = tests::sanitized ? 200 : 2000;
    account root("root");
    account child("child", &root);
    std::atomic<bool> stop{false};
    // A reader beside them never sees more given back than handed out: `read` would stop.
    std::thread reader([&] {
        while (!stop.load()) {
            const account_reading r = root.read();
            ASSERT_LE(r.frees, r.allocations);
        }
    });
    std::vector<std::thread> all;
    for (std::size_t t = 0; t < threads; ++t) {
        all.emplace_back([&, t] {
            account& mine = t % 2 == 0 ? root : child;
            for (std::size_t i = 0; i < rounds; ++i) {
                for (int block = 0; block < 100; ++block) {
                    mine.charge(900, 1000);
                }
                for (int block = 0; block < 100; ++block) {
                    mine.refund(900, 1000);
                }
            }
            for (int block = 0; block < 1000; ++block) {
                mine.charge(900, 1000);
            }
        });
    }
    for (std::thread& t : all) {
        t.join();
    }
    stop = true;
    reader.join();
    const account_reading r = root.read();
    EXPECT_EQ(r.requested, threads * 1000 * 900);
    EXPECT_EQ(r.slack, threads * 1000 * 100);
    EXPECT_EQ(r.allocations, threads * (rounds * 100 + 1000));
    EXPECT_EQ(r.frees, threads * rounds * 100);
    EXPECT_EQ(child.read().requested, threads / 2 * 1000 * 900);
    EXPECT_GE(r.peak, r.live()) << "the highest was the end";
    EXPECT_LE(r.peak, r.live() + r.peak_error_bound);
    EXPECT_LE(r.peak_error_bound, threads * account::quantum_bytes);
}

TEST(account, a_peak_passed_long_ago_is_within_its_bound) {
    account a("peak");
    a.charge(1, 1);
    std::thread([&] {
        for (int i = 0; i < 10'000; ++i) {
            a.charge(1000, 1000);
        }
    }).join();
    for (int i = 0; i < 10'000; ++i) {
        a.refund(1000, 1000); // by another thread than charged it
    }
    const account_reading r = a.read();
    EXPECT_EQ(r.requested, 1U);
    EXPECT_EQ(r.peak_error_bound, 2 * account::quantum_bytes);
    EXPECT_GE(r.peak + r.peak_error_bound, 10'000'001U);
    EXPECT_LE(r.peak, 10'000'001U + r.peak_error_bound);
}

TEST(account, an_ended_threads_totals_stay_and_its_record_is_taken_over) {
    account a("threads");
    for (int i = 0; i < 500; ++i) {
        std::thread([&] { a.charge(7, 8); }).join();
    }
    EXPECT_EQ(a.read().requested, 3500U);
    EXPECT_EQ(a.read().peak, 4000U);
    EXPECT_EQ(a.read().peak_error_bound, 0U) << "one record served them all, one after another";
}

struct charges_late {
    account* to = nullptr;
    ~charges_late() { to->charge(1, 1); }
};

TEST(account, a_thread_may_charge_while_it_ends) {
    account a("late");
    for (int i = 0; i < 100; ++i) {
        std::thread([&] {
            static thread_local charges_late late;
            late.to = &a;
            a.charge(1, 1);
        }).join();
    }
    EXPECT_EQ(a.read().requested, 200U);
}

// Threads that charge and refund an account as long as this lives: 1,000 bytes each that stay, and
// pairs of 10 bytes in 16.
class chargers {
  public:
    chargers(account& a, int count, bool with_records) {
        for (int t = 0; t < count; ++t) {
            threads_.emplace_back([this, &a, with_records] {
                if (!with_records && !tests::refuse(SYS_mmap, ENOMEM)) {
                    failed_ = true;
                }
                a.charge(1000, 1000);
                ++ready_;
                while (!stop_.load()) {
                    a.charge(10, 16);
                    a.refund(10, 16);
                }
                a.refund(1000, 1000);
            });
        }
        while (ready_ != count) {
            std::this_thread::yield();
        }
    }
    chargers(const chargers&) = delete;
    chargers& operator=(const chargers&) = delete;
    ~chargers() {
        stop_ = true;
        for (std::thread& t : threads_) {
            t.join();
        }
    }
    [[nodiscard]] bool failed() const { return failed_.load(); }

  private:
    std::atomic<bool> stop_{false};
    std::atomic<bool> failed_{false};
    std::atomic<int> ready_{0};
    std::vector<std::thread> threads_;
};

// What a child finds beside four of them and a block of 5 bytes in 8, and what it does next, is
// whole.
bool is_whole_in_child(account& a) {
    const account_reading found = a.read();
    const std::uint64_t pairs = found.allocations - found.frees - 5;
    bool good = pairs <= 4 && found.requested == 4005 + pairs * 10 && found.slack == 3 + pairs * 6;
    a.charge(100, 128);
    good = good && a.read().requested == found.requested + 100;
    if (!tests::sanitized) { // tsan allows no thread in such a child
        std::thread([&] { a.refund(100, 128); }).join();
        good = good && a.read().requested == found.requested;
    }
    return good;
}

TEST(account, a_fork_among_threads_finds_each_charge_whole_or_not_at_all) {
    account a("fork");
    {
        const chargers others(a, 4, true);
        a.charge(5, 8);
        for (int i = 0; i < (tests::sanitized ? 20 : 200); ++i) {
            ASSERT_EQ(tests::status_of_child([&a] { return is_whole_in_child(a); }), 0);
        }
        if (!tests::sanitized) {
            EXPECT_EQ(tests::status_of_child([&a] {
                          const account_reading before = a.read();
                          std::thread([&a] { a.charge(1, 1); }).join();
                          // It took over a record that had a cell here.
                          return a.read().peak_error_bound == before.peak_error_bound;
                      }),
                      0);
        }
    }
    EXPECT_EQ(a.read().requested, 5U);
    EXPECT_EQ(a.read().live(), 8U);
}

// Where no memory is had for a record, threads share one.
TEST(account, threads_that_share_a_record_count_to_the_byte) {
    if (tests::sanitized) {
        GTEST_SKIP() << "a sanitizer maps memory itself";
    }
    account a("shared");
    {
        const chargers others(a, 4, false);
        if (others.failed()) {
            GTEST_SKIP() << "no seccomp here";
        }
        a.charge(5, 8);
        for (int i = 0; i < 100; ++i) {
            ASSERT_EQ(tests::status_of_child([&a] { return is_whole_in_child(a); }), 0);
        }
    }
    EXPECT_EQ(a.read().requested, 5U);
    EXPECT_EQ(a.read().live(), 8U);
    EXPECT_EQ(a.read().allocations, a.read().frees + 1);
}

// The thread that forks may share the record in which another was at work.
TEST(account, a_child_finishes_what_stands_in_the_record_that_it_shares) {
    if (tests::sanitized) {
        GTEST_SKIP() << "a sanitizer maps memory itself";
    }
    bool skipped = false;
    account_reading found; // the thread has no memory for a message
    std::thread([&] {
        account a("share");
        if (!tests::refuse(SYS_mmap, ENOMEM) ||
            (a.charge(100, 112), !ebb::ledger_cells::mine->is_shared)) {
            skipped = true;
            return;
        }
        ebb::ledger_cells::entry& doing = ebb::ledger_cells::mine->doing;
        a.charge(10, 16); // leaves in the entry what it wrote; undone here but for its beginning
        std::uint32_t id = 0;
        while (ebb::ledger_cells::mine->cells[id].charged.requested != 110) {
            ++id;
        }
        auto& charged = ebb::ledger_cells::mine->cells[id].charged;
        charged.slot = 112;
        charged.requested = 100;
        charged.calls = 1;
        doing.what = 2 * (id + 1);
        account::finish_in_child();
        found = a.read();
    }).join();
    if (skipped) {
        GTEST_SKIP() << "no seccomp here, or a record waits for the thread";
    }
    EXPECT_EQ(found.requested, 110U);
    EXPECT_EQ(found.live(), 128U);
    EXPECT_EQ(found.allocations, 2U);
}

// The stores of a charge or refund in their order (account.cpp), made by hand in the record of a
// thread that has ended.
class half_charged : public testing::TestWithParam<bool> {
  protected:
    void SetUp() override {
        std::thread([this] { child_.charge(12345, 20000); }).join();
        for (auto* r = ebb::ledger_cells::first_record(); r != nullptr; r = r->next) {
            for (std::uint32_t id = 0; id < account::max_count; ++id) {
                if (r->cells[id].charged.requested == 12345) {
                    record_ = r;
                    id_ = id;
                }
            }
        }
        ASSERT_NE(record_, nullptr);
        ASSERT_NE(record_, ebb::ledger_cells::mine);
    }

    // The first so many stores of a block of `slot` bytes less 6.
    void store(std::size_t count, std::uint64_t slot) {
        const bool refunds = GetParam();
        ebb::ledger_cells::cell& c = record_->cells[id_];
        auto& into = refunds ? c.refunded : c.charged;
        ebb::ledger_cells::entry& doing = record_->doing;
        const std::uint64_t slots = into.slot + slot;
        const std::uint64_t requested = into.requested + slot - 6;
        const std::uint64_t calls = into.calls + 1;
        const auto tell = [&] { c.told = c.live(); };
        std::vector<std::function<void()>> steps{
            [&] { doing.after.slot = slots; },
            [&] { doing.after.requested = requested; },
            [&] { doing.after.calls = calls; },
            [&] { doing.what = 2 * (id_ + 1) + (refunds ? 1 : 0); },
            [&] { into.slot = slots; },
            [&] { into.calls = calls; },
            [&] { into.requested = requested; },
            tell,
        };
        if (refunds) {
            std::swap(steps[4], steps[6]);
        }
        for (std::size_t i = 0; i < count; ++i) {
            steps[i]();
        }
    }
    static constexpr std::size_t stores = 8;
    static constexpr std::size_t first_whole = 4; // from here on the block counts

    account root_{"root"};
    account child_{"child", &root_};
    ebb::ledger_cells::record* record_ = nullptr;
    std::uint32_t id_ = 0;
};

TEST_P(half_charged, counts_wholly_or_not_at_all) {
    for (std::size_t count = 0; count <= stores; ++count) {
        const account_reading before = root_.read();
        store(count, 16);
        account::finish_in_child();
        const account_reading after = root_.read();
        const std::uint64_t done = count >= first_whole ? 1 : 0;
        const std::uint64_t in = GetParam() ? 0 : done;
        const std::uint64_t out = GetParam() ? done : 0;
        EXPECT_EQ(after.allocations, before.allocations + in) << count;
        EXPECT_EQ(after.frees, before.frees + out) << count;
        EXPECT_EQ(after.requested, before.requested + 10 * in - 10 * out) << count;
        EXPECT_EQ(after.live(), before.live() + 16 * in - 16 * out) << count;
        account::finish_in_child(); // nothing is left to finish
        EXPECT_EQ(root_.read().live(), after.live());
    }
}

TEST_P(half_charged, leaves_the_peaks_within_their_bounds) {
    child_.charge(std::uint64_t{4} << 20U, std::uint64_t{4} << 20U); // by a second record
    for (std::size_t count = first_whole; count <= stores; ++count) {
        constexpr std::uint64_t slot = 300'000;
        store(count, slot); // its drift is far, and has not been told
        account::finish_in_child();
        const std::uint64_t live = root_.read().live();
        const std::uint64_t more = 20 * slot * count; // above every peak so far
        child_.charge(more, more);
        const account_reading r = root_.read();
        EXPECT_LE(r.peak, live + more + r.peak_error_bound) << count;
        EXPECT_GE(r.peak + r.peak_error_bound, live + more) << count;
        child_.refund(more, more);
    }
}

INSTANTIATE_TEST_SUITE_P(by, half_charged, testing::Bool(),
                         [](const auto& which) { return which.param ? "refund" : "charge"; });

TEST(charged, an_arenas_blocks_are_its_accounts) {
    account root("root");
    account a("map", &root);
    {
        ebb::charged<ebb::sized> arena(a);
        static_assert(ebb::zeroing_arena<ebb::charged<ebb::sized>>);
        void* const p = arena.allocate(100);
        void* const q = arena.allocate_zeroed(100'000, 4096);
        EXPECT_EQ(root.read().requested, arena.read().requested);
        EXPECT_EQ(root.read().slack, arena.read().slack);
        arena.deallocate(q, 100'000, 4096);
        EXPECT_EQ(a.read().requested, 100U);
        EXPECT_EQ(a.read().peak, arena.read().peak);
        static_cast<void>(p);
    }
    EXPECT_EQ(root.read().requested, 0U) << "what was left went with the arena";
    EXPECT_EQ(root.read().slack, 0U);
}

using account_death = ::testing::Test;

TEST(account_death, more_refunded_than_charged_stops_the_reader) {
    account a("broken");
    a.charge(8, 8);
    a.refund(8, 16);
    EXPECT_DEATH(static_cast<void>(a.read()), "more refunded than charged");
    a.charge(0, 8);
}

TEST(account_death, a_parent_outlives_its_children) {
    auto parent = std::make_unique<account>("parent");
    auto child = std::make_unique<account>("child", parent.get());
    EXPECT_DEATH(parent.reset(), "destroyed before its children");
    child.reset();
    parent.reset();
}

} // namespace
