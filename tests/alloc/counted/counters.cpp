#include <ebb/alloc/counted/counters.h>

#include <gtest/gtest.h>
#include <tests/support/forked.h>
#include <tests/support/random.h>

#include <pthread.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <vector>

namespace {

using namespace ebb::counted;
using namespace tests;

constexpr std::uint64_t bound_bytes(std::uint64_t records) {
    return records * static_cast<std::uint64_t>(quantum_bytes);
}

// First of all, while one thread has counted.
TEST(counters, a_single_thread_has_exact_sums_peaks_and_classes) {
    const std::uint64_t seed = new_seed();
    SCOPED_TRACE(testing::Message() << "EBB_SEED=" << seed);
    random_engine random(seed);
    std::vector<block> live;
    totals model;
    std::array<class_totals, class_count> classes{};
    for (int i = 0; i < 20'000; ++i) {
        if (live.empty() || below(random, 2) == 0) {
            const std::uint64_t usable = 1 + below(random, below(random, 10) == 0 ? 100'000 : 1200);
            const block b{below(random, usable + 1), usable};
            live.push_back(b);
            charge(b);
            model.requested += b.requested;
            model.usable += b.usable;
            ++model.allocations;
            model.peak_requested = std::max(model.peak_requested, model.requested);
            class_totals& c = classes[class_of(usable)];
            ++c.blocks;
            c.requested += b.requested;
            c.usable += b.usable;
        } else {
            std::swap(live[below(random, live.size())], live.back());
            const block b = live.back();
            live.pop_back();
            refund(b);
            model.requested -= b.requested;
            model.usable -= b.usable;
            ++model.frees;
            class_totals& c = classes[class_of(b.usable)];
            --c.blocks;
            c.requested -= b.requested;
            c.usable -= b.usable;
        }
        const totals t = read_totals();
        ASSERT_EQ(t.requested, model.requested);
        ASSERT_EQ(t.usable, model.usable);
        ASSERT_EQ(t.allocations, model.allocations);
        ASSERT_EQ(t.frees, model.frees);
        ASSERT_EQ(t.peak_requested, model.peak_requested);
    }
    for (std::size_t i = 0; i < class_count; ++i) {
        const class_totals c = read_class(i);
        ASSERT_EQ(c.blocks, classes[i].blocks) << i;
        ASSERT_EQ(c.requested, classes[i].requested) << i;
        ASSERT_EQ(c.usable, classes[i].usable) << i;
    }
    for (const block& b : live) {
        refund(b);
    }
}

TEST(counters, an_exchange_is_no_call_and_never_has_both_in_the_peak) {
    const totals before = read_totals();
    const std::uint64_t more = before.peak_requested - before.requested + 1000;
    charge({more, more});
    exchange({more, more}, {more + 50, more + 64});
    totals t = read_totals();
    EXPECT_EQ(t.requested, before.requested + more + 50);
    EXPECT_EQ(t.usable, before.usable + more + 64);
    EXPECT_EQ(t.allocations, before.allocations + 1);
    EXPECT_EQ(t.frees, before.frees);
    EXPECT_EQ(t.peak_requested, before.requested + more + 50);
    refund({more + 50, more + 64});
    t = read_totals();
    EXPECT_EQ(t.requested, before.requested);
    EXPECT_EQ(t.frees, before.frees + 1);
}

TEST(counters, a_class_is_by_units_of_eight_up_to_1024) {
    EXPECT_EQ(class_of(8), 1U);
    EXPECT_EQ(class_of(24), 3U);
    EXPECT_EQ(class_of(1024), 128U);
    EXPECT_EQ(class_of(1032), 0U);
    EXPECT_EQ(class_of(25), 0U);
}

// Before threads leave records behind that are free anyway.
TEST(counters, a_forked_thread_keeps_its_record_to_itself) {
    charge({8, 8});
    const std::uint64_t records = read_totals().records;
    const int status = status_of_child([&] {
        // Each of the two must find a record that isn't the forked thread's.
        for (int i = 0; i < 2; ++i) {
            std::thread([] { charge({8, 8}); }).join();
        }
        charge({8, 8});
        return read_totals().records > records && read_totals().allocations >= 4;
    });
    EXPECT_EQ(status, 0);
    refund({8, 8});
}

TEST(counters, blocks_may_come_back_through_other_threads_and_threads_end) {
    const totals before = read_totals();
    for (int round = 0; round < 20; ++round) {
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([] {
                for (int i = 0; i < 1000; ++i) {
                    charge({100, 112});
                }
            });
        }
        for (std::thread& t : threads) {
            t.join();
        }
        const totals with = read_totals();
        ASSERT_EQ(with.requested - before.requested, 400'000U);
        ASSERT_EQ(with.usable - before.usable, 448'000U);
        std::thread([] {
            for (int i = 0; i < 4000; ++i) {
                refund({100, 112});
            }
        }).join();
        ASSERT_EQ(read_totals().requested, before.requested);
    }
    const totals after = read_totals();
    EXPECT_EQ(after.allocations - before.allocations, 80'000U);
    EXPECT_EQ(after.frees - before.frees, 80'000U);
    // Ended threads' records were taken over: four ran at a time, beside main's and the shared one.
    EXPECT_LE(after.records, 8U);
    EXPECT_LE(after.peak_requested, std::max(before.peak_requested, before.requested + 400'000) +
                                        bound_bytes(after.records));
    EXPECT_GE(after.peak_requested + bound_bytes(after.records), before.requested + 400'000);
}

// Destructors of keys younger than the shim's run after it, four times over.
pthread_key_t late_key;
std::atomic<std::uint64_t> late_calls{0};

TEST(counters, what_a_thread_does_after_its_record_left_costs_no_record) {
#ifdef __clang__
    if (thread_sanitized) {
        GTEST_SKIP() << "clang's thread sanitizer has left a thread before its last destructors";
    }
#endif
    charge({8, 8});
    ASSERT_EQ(::pthread_key_create(&late_key,
                                   [](void* p) {
                                       charge({40, 40});
                                       refund({40, 40});
                                       late_calls.fetch_add(1);
                                       ::pthread_setspecific(late_key, p);
                                   }),
              0);
    const totals before = read_totals();
    for (int i = 0; i < 20; ++i) {
        std::thread([] {
            charge({8, 8});
            refund({8, 8});
            ::pthread_setspecific(late_key, &late_calls);
        }).join();
    }
    ::pthread_key_delete(late_key);
    const totals now = read_totals();
    EXPECT_GE(late_calls.load(), 40U);
    EXPECT_EQ(now.allocations - before.allocations, 20 + late_calls.load());
    EXPECT_EQ(now.frees - before.frees, 20 + late_calls.load());
    EXPECT_EQ(now.requested, before.requested);
    EXPECT_LE(now.records, before.records + 2); // the threads', one after the other, and the shared
}

TEST(counters, a_reader_never_finds_more_given_back_than_handed_out) {
    std::atomic<bool> stop{false};
    std::vector<std::thread> writers;
    for (int t = 0; t < 3; ++t) {
        writers.emplace_back([&stop] {
            while (!stop.load(std::memory_order_relaxed)) {
                charge({1000, 1024});
                charge({3, 2000});
                refund({1000, 1024});
                refund({3, 2000});
            }
        });
    }
    for (int i = 0; i < (sanitized ? 2000 : 50'000); ++i) {
        const totals t = read_totals();
        ASSERT_LE(t.frees, t.allocations);
        ASSERT_LE(t.requested, t.usable);
        ASSERT_LT(t.usable, std::uint64_t{1} << 60U); // not below 0
        ASSERT_GE(t.peak_requested, t.requested);
        const class_totals c = read_class(class_of(1024));
        ASSERT_LT(c.blocks, std::uint64_t{1} << 60U);
        ASSERT_LE(c.requested, c.usable);
    }
    stop = true;
    for (std::thread& t : writers) {
        t.join();
    }
}

// More at a time than have a mapping each, all of whose records serve the next crowd.
TEST(counters, a_crowd_of_threads_has_a_record_each_and_leaves_it_to_the_next) {
    const totals before = read_totals();
    constexpr std::uint64_t crowd = 600;
    std::uint64_t records = 0;
    for (int round = 0; round < 2; ++round) {
        std::atomic<std::uint64_t> here{0};
        std::shared_mutex gate;
        gate.lock();
        std::vector<std::thread> threads;
        for (std::uint64_t t = 0; t < crowd; ++t) {
            threads.emplace_back([&, t] {
                charge({t, t + 8});
                ++here;
                const std::shared_lock through(gate);
                refund({t, t + 8});
            });
        }
        while (here < crowd) {
            std::this_thread::yield();
        }
        const totals full = read_totals();
        EXPECT_EQ(full.requested - before.requested, crowd * (crowd - 1) / 2);
        EXPECT_EQ(full.usable - before.usable, crowd * (crowd - 1) / 2 + 8 * crowd);
        EXPECT_GE(full.records, crowd);
        EXPECT_TRUE(round == 0 || full.records == records) << "no more than the first crowd's";
        records = full.records;
        gate.unlock();
        for (std::thread& t : threads) {
            t.join();
        }
        EXPECT_EQ(read_totals().requested, before.requested);
    }
}

} // namespace
