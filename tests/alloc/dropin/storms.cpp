// Many threads, cancelled threads, signals, forks of forks: libebbmalloc.so where it hurts.
#include <ebb/ebb.h>

#include <gtest/gtest.h>
#include <tests/support/forked.h>
#include <tests/support/random.h>
#include <tests/support/wait.h>

#include <malloc.h>
#include <pthread.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

namespace {

using tests::below;

ebb_ledger ledger() {
    ebb_ledger l{};
    ebb_heap_ledger(&l, sizeof l);
    return l;
}

bool balanced(const ebb_ledger& l) {
    return l.mapped == l.requested + l.slack + l.dead + l.idle + l.overhead &&
           l.requested <= l.mapped && l.slack <= l.mapped && l.idle <= l.mapped;
}

// By class and by thread: two roads to the same sums, at a quiescent moment.
void expect_agreement() {
    static ebb_heap_class classes[256];
    std::size_t count = 0;
    ASSERT_EQ(ebb_heap_classes(classes, sizeof classes[0], 256, &count), 0);
    const ebb_ledger l = ledger();
    ebb_heap_class sum{};
    for (std::size_t i = 0; i < count; ++i) {
        sum.blocks += classes[i].blocks;
        sum.requested += classes[i].requested;
        sum.slack += classes[i].slack;
    }
    EXPECT_EQ(sum.blocks, l.allocations - l.frees);
    EXPECT_EQ(sum.requested, l.requested);
    EXPECT_EQ(sum.slack, l.slack);
    EXPECT_TRUE(balanced(l));
}

std::size_t any_size(tests::random_engine& random) {
    return below(random, std::size_t{1} << (4 + below(random, below(random, 32) == 0 ? 16 : 9)));
}

// Blocks that any thread may take and leave.
using shelf = std::atomic<void*>;

void trade(shelf* blocks, std::size_t count, std::uint64_t seed, std::size_t steps) {
    tests::random_engine random(seed);
    for (std::size_t i = 0; i < steps; ++i) {
        void* const mine = std::malloc(any_size(random));
        std::memset(mine, 1, std::min<std::size_t>(malloc_usable_size(mine), 100));
        std::free(blocks[below(random, count)].exchange(mine));
    }
}

void clear(shelf* blocks, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        std::free(blocks[i].exchange(nullptr));
    }
}

constexpr std::size_t places = 4096;
shelf shared[places];

TEST(dropin_storms, keeps_count_of_ten_thousand_threads_blocks) {
    const std::uint64_t seed = tests::new_seed();
    SCOPED_TRACE(testing::Message() << "EBB_SEED=" << seed);
    const ebb_ledger before = ledger();
    for (std::uint64_t n = 0; n < 10'000; n += 20) {
        std::vector<std::thread> threads;
        for (std::uint64_t t = 0; t < 20; ++t) {
            threads.emplace_back([&, t] { trade(shared, places, seed + n + t, 40); });
        }
        for (std::thread& t : threads) {
            t.join();
        }
    }
    expect_agreement();
    clear(shared, places);
    const ebb_ledger after = ledger();
    EXPECT_LE(after.requested, before.requested + 64 * 1024) << "what libc keeps of threads";
    EXPECT_LT(after.overhead, before.overhead + (std::uint64_t{40} << 18))
        << "caches of ended threads are taken up again";
}

TEST(dropin_storms, serves_256_threads_at_once) {
    const std::uint64_t seed = tests::new_seed();
    SCOPED_TRACE(testing::Message() << "EBB_SEED=" << seed);
    const ebb_ledger before = ledger();
    std::atomic<int> here{0};
    std::vector<std::thread> threads;
    for (std::uint64_t t = 0; t < 256; ++t) {
        threads.emplace_back([&, t] {
            ++here;
            while (here < 256) {
                std::this_thread::yield();
            }
            trade(shared, places, seed + t, 2000);
        });
    }
    for (std::thread& t : threads) {
        t.join();
    }
    expect_agreement();
    clear(shared, places);
    const ebb_ledger after = ledger();
    EXPECT_LE(after.allocations - after.frees, before.allocations - before.frees + 600)
        << "what libc keeps of threads";
    malloc_trim(0);
    ebb_resident r{};
    ebb_heap_resident(&r, sizeof r);
    EXPECT_LT(r.resident - r.overhead, 4'000'000U);
}

void free_it(void* p) {
    std::free(p);
}

TEST(dropin_storms, survives_storms_of_cancellation) {
    const ebb_ledger before = ledger();
    for (int round = 0; round < 100; ++round) {
        constexpr std::size_t count = 8;
        pthread_t threads[count];
        std::atomic<std::size_t> running{0};
        for (pthread_t& t : threads) {
            ASSERT_EQ(pthread_create(
                          &t, nullptr,
                          [](void* flag) -> void* {
                              static_cast<std::atomic<std::size_t>*>(flag)->fetch_add(1);
                              for (std::size_t n = 1;; n = n * 7 % 100'003) {
                                  void* const p = std::malloc(n);
                                  pthread_cleanup_push(free_it, p); // frees as it is cancelled
                                  pthread_testcancel();
                                  usleep(0); // a cancellation point
                                  pthread_cleanup_pop(1);
                              }
                          },
                          &running),
                      0);
        }
        while (running < count) {
            std::this_thread::yield();
        }
        for (const pthread_t t : threads) {
            pthread_cancel(t);
        }
        for (const pthread_t t : threads) {
            pthread_join(t, nullptr);
        }
    }
    EXPECT_LE(ledger().requested, before.requested + 64 * 1024);
    expect_agreement();
}

std::atomic<std::uint64_t> snapshots{0};
std::atomic<std::uint64_t> wrong{0};
std::atomic<std::uint64_t> most_requested{0};

void look(int) {
    const int error = errno;
    errno = 77;
    ebb_ledger l{};
    if (ebb_heap_ledger(&l, sizeof l) != 0 || l.mapped == 0 || errno != 77 ||
        l.mapped != l.requested + l.slack + l.dead + l.idle + l.overhead) {
        ++wrong;
    }
    if (l.requested > most_requested) {
        most_requested = l.requested;
    }
    ++snapshots;
    errno = error;
}

TEST(dropin_storms, reads_the_ledger_in_profiling_signals) {
    const std::uint64_t seed = tests::new_seed();
    SCOPED_TRACE(testing::Message() << "EBB_SEED=" << seed);
    struct sigaction action {};
    action.sa_handler = look;
    action.sa_flags = SA_RESTART;
    struct sigaction old {};
    ASSERT_EQ(sigaction(SIGPROF, &action, &old), 0);
    ASSERT_EQ(sigaction(SIGUSR1, &action, nullptr), 0);
    const itimerval often{{0, 1000}, {0, 1000}};
    ASSERT_EQ(setitimer(ITIMER_PROF, &often, nullptr), 0);
    std::atomic<bool> stop{false};
    std::vector<std::thread> threads;
    for (std::uint64_t t = 0; t < 6; ++t) {
        threads.emplace_back([&, t] {
            for (std::uint64_t round = 0; !stop; ++round) {
                trade(shared, places, seed + t + 100 * round, 1000);
            }
        });
    }
    tests::wait_until([&] {
        for (std::thread& t : threads) { // several sent to one may become one
            pthread_kill(t.native_handle(), SIGUSR1);
        }
        return snapshots >= 3000;
    });
    stop = true;
    for (std::thread& t : threads) {
        t.join();
    }
    const itimerval off{};
    setitimer(ITIMER_PROF, &off, nullptr);
    sigaction(SIGPROF, &old, nullptr);
    clear(shared, places);
    EXPECT_EQ(wrong.load(), 0U);
    // In motion the sum is of no one moment, but it isn't far: 4,096 blocks and 6 threads hold
    // less than 100 MB.
    EXPECT_LT(most_requested.load(), std::uint64_t{100'000'000});
    expect_agreement();
}

// A child that has threads of its own and forks in turn, `depth` deep. Ends with 0 when all is
// well.
int generation(int depth, std::uint64_t seed) {
    std::atomic<bool> stop{false};
    std::vector<std::thread> threads;
    for (std::uint64_t t = 0; t < 3; ++t) {
        threads.emplace_back([&, t] {
            for (std::uint64_t round = 0; !stop; ++round) {
                trade(shared, places, seed + t + 100 * round, 100);
            }
        });
    }
    int status = 0;
    for (int i = 0; i < 3 && status == 0 && depth > 0; ++i) {
        const pid_t child = tests::fork_child(
            [&] { return generation(depth - 1, seed * 3 + static_cast<std::uint64_t>(i)) == 0; });
        trade(shared, places, seed, 2000); // beside the child
        status = tests::status_of(child);
    }
    stop = true;
    for (std::thread& t : threads) {
        t.join();
    }
    clear(shared, places);
    malloc_trim(0);
    return status == 0 && balanced(ledger()) ? 0 : 1;
}

TEST(dropin_storms, forks_and_forks_again_under_load) {
    const std::uint64_t seed = tests::new_seed();
    SCOPED_TRACE(testing::Message() << "EBB_SEED=" << seed);
    for (std::uint64_t round = 0; round < 4; ++round) {
        ASSERT_EQ(generation(2, seed + round), 0);
    }
    expect_agreement();
}

} // namespace
