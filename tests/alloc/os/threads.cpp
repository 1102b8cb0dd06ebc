// The lock, the futex, the barrier and the clock.
#include <ebb/alloc/base/sanitizers.h>
#include <ebb/alloc/os/barrier.h>
#include <ebb/alloc/os/clock.h>
#include <ebb/alloc/os/futex.h>
#include <ebb/alloc/os/lock.h>

#include <gtest/gtest.h>
#include <tests/support/forked.h>
#include <tests/support/random.h>
#include <tests/support/wait.h>

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace os = ebb::os;
using namespace std::chrono_literals;
using tests::wait_until;

static_assert(sizeof(os::lock) == 4);

// Constant-initialised: it works before constructors.
constinit os::lock early;

TEST(lock, lets_one_thread_in_at_a_time) {
    os::lock l;
    std::uint64_t count = 0; // plain: tsan's witness
    std::atomic<int> inside{0};
    constexpr std::uint64_t rounds = tests::sanitized ? 5'000 : 50'000;
    constexpr std::size_t threads = 8;
    std::vector<std::thread> all;
    for (std::size_t t = 0; t < threads; ++t) {
        all.emplace_back([&] {
            for (std::uint64_t i = 0; i < rounds; ++i) {
                const os::lock_guard hold(l);
                EXPECT_EQ(inside.fetch_add(1), 0);
                ++count;
                inside.fetch_sub(1);
            }
        });
    }
    for (std::thread& t : all) {
        t.join();
    }
    EXPECT_EQ(count, rounds * threads);
}

TEST(lock, wakes_who_sleeps_on_it) {
    early.acquire();
    std::atomic<bool> in{false};
    std::atomic<pid_t> id{0};
    std::thread waiter([&] {
        id = tests::thread_id();
        const os::lock_guard hold(early);
        in = true;
    });
    wait_until([&] { return tests::sleeps_on(id, &early); });
    EXPECT_FALSE(in);
    early.release();
    waiter.join();
    EXPECT_TRUE(in);
}

TEST(lock, sleeps_while_it_waits) {
    os::lock l;
    l.acquire();
    std::atomic<pid_t> id{0};
    std::thread waiter([&] {
        id = tests::thread_id();
        const os::lock_guard hold(l);
    });
    wait_until([&] { return tests::sleeps_on(id, &l); });
    const unsigned long before = tests::sleeps_so_far(id);
    for (int look = 0; look < 100; ++look) { // it doesn't wake to look at the lock
        EXPECT_TRUE(tests::sleeps_on(id, &l));
        std::this_thread::yield();
    }
    EXPECT_EQ(tests::sleeps_so_far(id), before);
    l.release();
    waiter.join();
}

TEST(lock, is_free_after_a_reset) {
    os::lock l;
    l.acquire();
    l.reset();
    bool again = false;
    std::thread([&] { // it would wait for ever for a lock that is held
        const os::lock_guard hold(l);
        again = true;
    })
        .join();
    EXPECT_TRUE(again);
}

TEST(lock, leaves_errno_alone) {
    os::lock l;
    l.acquire();
    std::atomic<pid_t> id{0};
    std::thread other([&] {
        id = tests::thread_id();
        errno = 77;
        l.acquire();
        l.release();
        EXPECT_EQ(errno, 77);
    });
    wait_until([&] { return tests::sleeps_on(id, &l); });
    l.release();
    other.join();
}

TEST(futex, returns_at_once_where_the_word_differs) {
    const std::atomic<std::uint32_t> word{1};
    os::futex_wait(word, 0); // for ever, if it slept
}

TEST(futex, wakes_after_its_time) {
    const std::atomic<std::uint32_t> word{0};
    bool waited = false; // nothing but its time wakes it, or it would hang here
    for (int i = 0; i < 100 && !waited; ++i) { // may wake early, for no reason
        const auto begun = std::chrono::steady_clock::now();
        os::futex_wait(word, 0, 30);
        waited = std::chrono::steady_clock::now() - begun >= 30ms;
    }
    EXPECT_TRUE(waited) << "all of 100 calls returned before their time";
}

TEST(futex, wakes_as_many_as_asked) {
    std::atomic<std::uint32_t> word{0};
    std::atomic<int> awake{0};
    std::atomic<pid_t> ids[3] = {};
    std::vector<std::thread> sleepers;
    for (std::atomic<pid_t>& id : ids) {
        sleepers.emplace_back([&] {
            id = tests::thread_id();
            while (word.load() == 0) {
                os::futex_wait(word, 0);
            }
            ++awake;
        });
    }
    for (const std::atomic<pid_t>& id : ids) {
        wait_until([&] { return tests::sleeps_on(id, &word); });
    }
    EXPECT_EQ(awake, 0);
    word = 1;
    os::futex_wake(word, 1);
    wait_until([&] { return awake > 0; });
    EXPECT_EQ(awake, 1);
    os::futex_wake(word, 2);
    for (std::thread& t : sleepers) {
        t.join();
    }
    EXPECT_EQ(awake, 3);
}

std::uint32_t kernels_coarse_milliseconds() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return static_cast<std::uint32_t>(now.tv_sec * 1000 + now.tv_nsec / 1'000'000);
}

TEST(clock, runs_with_the_others_and_never_backwards) {
    // Between two looks at the kernel's own, wrapped or not, until that has moved.
    const std::uint32_t first = kernels_coarse_milliseconds();
    for (std::uint32_t now = first; now - first < 20;) {
        const std::uint32_t before = kernels_coarse_milliseconds();
        now = os::coarse_milliseconds();
        const std::uint32_t after = kernels_coarse_milliseconds();
        ASSERT_LE(now - before, after - before);
    }
}

// What it orders no test shows here in bounded time (20,000 rounds of store buffering beside other
// load gave nothing without it either); that it is there, and refused where it must be, one does.
TEST(barrier, is_had_after_a_registration) {
    if (!os::register_barrier()) {
        GTEST_SKIP() << "a kernel without membarrier";
    }
    errno = 77;
    EXPECT_TRUE(os::barrier_everywhere());
    EXPECT_EQ(errno, 77);
}

TEST(barrier, is_refused_without_a_registration) {
    // A registration goes with the memory: a program of its own has none.
    const int status = tests::status_of_child([] {
        execl("/proc/self/exe", "threads", "--gtest_filter=barrier.DISABLED_unregistered",
              "--gtest_also_run_disabled_tests", nullptr);
        _exit(127);
    });
    EXPECT_EQ(status, 0);
}

TEST(barrier, DISABLED_unregistered) {
    EXPECT_FALSE(os::barrier_everywhere());
}

} // namespace
