// What libebbcount.so says beside what many threads did, under whatever malloc the test was started
// with. See tests/alloc/dropin/count.cpp for one thread.
#include <ebb/ebb.h>

#include <gtest/gtest.h>
#include <tests/alloc/dropin/heap_model.h>
#include <tests/support/forked.h>
#include <tests/support/random.h>
#include <tests/support/wait.h>

#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>

namespace {

using namespace tests;

constexpr std::size_t thread_count = 6;
constexpr std::size_t table_size = 256;
constexpr std::uint64_t quantum_bytes = 64 * 1024;

struct worker {
    pthread_t thread{};
    std::uint64_t seed = 0;
    std::size_t steps = 0;
    sums model;
    live_block blocks[table_size];
    live_block first_envelope;
    live_block* envelope = &first_envelope; // swapped for others' as blocks are traded
};

// Static: the program's own book-keeping takes nothing from malloc.
std::array<worker, thread_count> workers;
// Blocks on their way from one thread to another; a slot is taken or filled by exchange.
std::array<std::atomic<live_block*>, 64> post;
std::array<live_block, 64> fresh_envelopes;
std::atomic<std::size_t> next_envelope{0};

void run_all(void* (*start)(void*)) {
    for (worker& w : workers) {
        w.thread = begin(start, &w);
    }
    for (worker& w : workers) {
        ASSERT_EQ(::pthread_join(w.thread, nullptr), 0);
    }
}

// Stacks come from the cache from now on: all threads are there at once.
void warm_up() {
    static std::atomic<std::size_t> here;
    here = 0;
    run_all(+[](void*) -> void* {
        std::free(std::malloc(1));
        here.fetch_add(1);
        wait_until([] { return here.load() == thread_count; });
        return nullptr;
    });
}

void prepare(std::uint64_t seed, std::size_t steps) {
    for (worker& w : workers) {
        w.seed = seed + static_cast<std::uint64_t>(&w - workers.data());
        w.steps = steps;
        w.model = {};
    }
}

void expect_all(const ebb_ledger& before, const ebb_ledger& now) {
    sums all;
    for (const worker& w : workers) {
        all += w.model;
    }
    const sums m = moved(before, now);
    EXPECT_EQ(m.requested, all.requested);
    EXPECT_EQ(m.usable, all.usable);
    EXPECT_EQ(m.allocations, all.allocations);
    EXPECT_EQ(m.frees, all.frees);
}

// Random steps on the thread's own blocks, now and then a block swapped for what lies in the post.
void* trade(void* argument) {
    auto& w = *static_cast<worker*>(argument);
    dice d(w.seed);
    for (std::size_t i = 0; i < w.steps; ++i) {
        step(d, w.blocks, table_size, w.model);
        if (d.below(4) == 0) {
            live_block& b = w.blocks[d.below(table_size)];
            *w.envelope = b;
            auto& slot = post[d.below(post.size())];
            w.envelope = slot.exchange(w.envelope, std::memory_order_acq_rel);
            if (w.envelope == nullptr) { // the slot's first: one new envelope a slot
                w.envelope = &fresh_envelopes[next_envelope.fetch_add(1)];
            }
            b = *w.envelope;
        }
    }
    return nullptr;
}

// What threads left: live blocks in their tables and in the post.
void clear(sums& model) {
    dice d(1);
    for (worker& w : workers) {
        give_all(d, w.blocks, table_size, model);
    }
    for (auto& slot : post) {
        if (live_block* const b = slot.load(); b != nullptr && b->p != nullptr) {
            give(d, *b, model);
        }
    }
}

TEST(count_threads, sums_are_exact_when_threads_trade_blocks_and_end_with_live_ones) {
    const std::uint64_t seed = new_seed();
    SCOPED_TRACE(testing::Message() << "EBB_SEED=" << seed);
    warm_up();
    const ebb_ledger before = read_heap();
    for (std::uint64_t round = 0; round < 5; ++round) {
        prepare(seed + round * 100, 10'000);
        const ebb_ledger begun = read_heap();
        run_all(trade);
        expect_all(begun, read_heap());
    }
    sums rest;
    clear(rest);
    const ebb_ledger now = read_heap();
    EXPECT_EQ(now.requested, before.requested);
    EXPECT_EQ(now.usable, before.usable);
    EXPECT_EQ(now.allocations - before.allocations, now.frees - before.frees);
}

// A key's destructor that runs after the shim's own must still be counted.
pthread_key_t late_key;

TEST(count_threads, what_a_thread_does_in_its_last_moments_counts) {
    ASSERT_EQ(::pthread_key_create(&late_key,
                                   [](void* p) {
                                       std::free(p);
                                       static thread_local int rounds = 0;
                                       if (++rounds < 4) {
                                           ::pthread_setspecific(late_key, std::malloc(40));
                                       }
                                   }),
              0);
    warm_up();
    const ebb_ledger before = read_heap();
    for (int round = 0; round < 50; ++round) {
        run_all(+[](void*) -> void* {
            ::pthread_setspecific(late_key, std::malloc(40));
            return nullptr;
        });
    }
    const ebb_ledger now = read_heap();
    ::pthread_key_delete(late_key);
    EXPECT_EQ(now.requested, before.requested);
    EXPECT_EQ(now.usable, before.usable);
    EXPECT_EQ(now.allocations - before.allocations, 50 * thread_count * 4);
    EXPECT_EQ(now.frees - before.frees, 50 * thread_count * 4);
}

TEST(count_threads, peak_is_within_threads_times_the_quantum) {
    warm_up();
    const ebb_ledger before = read_heap();
    static std::atomic<std::size_t> holding;
    static std::size_t each;
    holding = 0;
    // More than ever stood, in blocks far below the quantum.
    each = (before.peak_requested - before.requested) / thread_count / 1000 + 1000;
    run_all(+[](void*) -> void* {
        static thread_local std::array<void*, 1000> mine;
        for (void*& p : mine) {
            p = std::malloc(each);
        }
        holding.fetch_add(1);
        wait_until([] { return holding.load() == thread_count; });
        for (void* const p : mine) {
            std::free(p);
        }
        return nullptr;
    });
    const ebb_ledger now = read_heap();
    const std::uint64_t truth = before.requested + thread_count * 1000 * each;
    const std::uint64_t bound =
        (thread_count + 2) * quantum_bytes; // main and the shared record too
    EXPECT_LE(now.peak_requested, truth + bound);
    EXPECT_GE(now.peak_requested + bound, truth);
    EXPECT_EQ(now.requested, before.requested);
}

std::atomic<std::uint64_t> snapshots;
std::atomic<bool> impossible;

void snapshot(int) {
    const int error = errno;
    const ebb_ledger l = read_heap();
    // Sums of racing counters: never more given back than handed out, never less usable.
    if (l.requested > (std::uint64_t{1} << 40U) || l.slack > (std::uint64_t{1} << 40U) ||
        l.frees > l.allocations || l.peak_requested < l.requested || errno != error) {
        impossible = true;
    }
    snapshots.fetch_add(1);
}

TEST(count_threads, a_snapshot_in_a_signal_handler_is_possible_at_any_moment) {
    struct sigaction action {};
    action.sa_handler = snapshot;
    ASSERT_EQ(::sigaction(SIGPROF, &action, nullptr), 0);
    const itimerval often{{0, 500}, {0, 500}};
    ASSERT_EQ(::setitimer(ITIMER_PROF, &often, nullptr), 0);
    do { // a fast machine is asked seldom in so many steps
        prepare(5 + snapshots, 30'000);
        run_all(trade);
    } while (snapshots < 100);
    const itimerval never{};
    ::setitimer(ITIMER_PROF, &never, nullptr);
    EXPECT_FALSE(impossible.load());
    sums rest;
    clear(rest);
}

std::atomic<bool> stop;

TEST(count_threads, a_child_forked_under_load_counts_on) {
    warm_up();
    const ebb_ledger before = read_heap();
    prepare(9, 1'000'000);
    stop = false;
    const auto work = +[](void* argument) -> void* {
        auto& w = *static_cast<worker*>(argument);
        dice d(w.seed);
        while (!stop.load()) {
            step(d, w.blocks, table_size, w.model);
        }
        return nullptr;
    };
    for (std::size_t i = 1; i < thread_count; ++i) {
        workers[i].thread = begin(work, &workers[i]);
    }
    for (int child = 0; child < 12; ++child) {
        const int status = status_of_child([child] {
            return is_exact_beside_a_thread(static_cast<std::uint64_t>(child), workers[0].blocks,
                                            table_size);
        });
        EXPECT_EQ(status, 0) << "child " << child;
    }
    stop = true;
    for (std::size_t i = 1; i < thread_count; ++i) {
        ASSERT_EQ(::pthread_join(workers[i].thread, nullptr), 0);
    }
    expect_all(before, read_heap());
    sums rest;
    clear(rest);
}

} // namespace
