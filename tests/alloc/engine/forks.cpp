// Forks beside threads that call, and while they can't get on: what goes on, and what a child
// finds.
#include <ebb/alloc/engine/forks.h>
#include <ebb/alloc/engine/heap.h>
#include <ebb/alloc/engine/purge.h>
#include <ebb/alloc/engine/regions.h>
#include <ebb/alloc/engine/snapshot.h>
#include <ebb/alloc/engine/start.h>
#include <ebb/alloc/engine/thread_cache.h>

#include <gtest/gtest.h>
#include <tests/support/forked.h>
#include <tests/support/random.h>
#include <tests/support/refuse.h>
#include <tests/support/wait.h>

#include <pthread.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstring>
#include <functional>
#include <thread>
#include <vector>

namespace {

using namespace ebb; // NOLINT: a test's own file
using tests::below;
using tests::status_of_child;

// What runs in a fork after the engine has prepared it: handlers that were registered earlier
// prepare later. libc's own locks are taken there too.
std::function<void()> in_window; // NOLINT: set by one thread, before its fork
const int registered = ::pthread_atfork(
    [] {
        if (in_window) {
            in_window();
        }
    },
    nullptr, nullptr);

constexpr int not_here = 77;

std::size_t any_size(tests::random_engine& random) {
    return 1 + below(random, std::size_t{1} << (4 + below(random, 18)));
}

// Blocks that one thread takes, changes and gives back, and what they come to.
class holder {
  public:
    explicit holder(std::uint64_t seed) : random_(seed), blocks_(64) {}
    holder(const holder&) = delete;
    holder& operator=(const holder&) = delete;
    ~holder() { drop(); }

    void step() {
        block& b = blocks_[below(random_, blocks_.size())];
        const std::size_t n = any_size(random_);
        if (b.p == nullptr) {
            b.p = static_cast<unsigned char*>(engine::allocate(n));
            fill(b, n);
        } else if (below(random_, 3) == 0) {
            check(b, b.n);
            engine::deallocate(b.p);
            b = {};
        } else {
            const std::size_t before = b.n;
            b.p = static_cast<unsigned char*>(engine::reallocate(b.p, n));
            check(b, std::min(before, n));
            fill(b, n);
        }
    }

    void drop() {
        for (block& b : blocks_) {
            check(b, b.n);
            engine::deallocate(b.p);
            b = {};
        }
    }

    [[nodiscard]] std::uint64_t requested() const {
        std::uint64_t sum = 0;
        for (const block& b : blocks_) {
            sum += b.n;
        }
        return sum;
    }

  private:
    struct block {
        unsigned char* p = nullptr;
        std::size_t n = 0;
        unsigned char mark = 0;
    };

    // Its ends alone: what moves a block moves them.
    void fill(block& b, std::size_t n) {
        b.n = n;
        b.mark = static_cast<unsigned char>(below(random_, 256));
        b.p[0] = b.p[n - 1] = b.mark;
    }
    static void check(const block& b, std::size_t n) {
        if (n != 0) {
            EXPECT_EQ(b.p[0], b.mark);
        }
        if (n != 0 && n == b.n) {
            EXPECT_EQ(b.p[n - 1], b.mark);
        }
    }

    tests::random_engine random_;
    std::vector<block> blocks_;
};

// A thread that works as long as it isn't told to stop. It is past its start, so that it calls no
// malloc but the engine: a child would find the lock of a sanitizer's malloc closed for ever.
class worker {
  public:
    explicit worker(std::uint64_t seed)
        : thread_([this, seed] {
              holder h(seed);
              h.step();
              works_ = true;
              while (!stop_.load(std::memory_order_relaxed)) {
                  h.step();
              }
          }) {
        tests::wait_until([this] { return works_.load(); });
    }
    worker(const worker&) = delete;
    worker& operator=(const worker&) = delete;
    ~worker() {
        stop_ = true;
        thread_.join();
    }

  private:
    std::atomic<bool> works_{false};
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

// What a child finds is whole, whatever the other threads were at, and works.
void live_in_child() {
    engine::validate();
    const ebb_ledger found = engine::read_ledger();
    if (thread_sanitized) { // another thread may have held the lock of its own malloc
        _exit(found.requested == EBB_ABSENT ? 1 : 0);
    }
    EXPECT_NE(found.requested, EBB_ABSENT) << "the books of all threads were mended";
    {
        holder h(1);
        for (int i = 0; i < 300; ++i) {
            h.step();
        }
    }
    engine::validate();
    EXPECT_EQ(engine::read_ledger().requested, found.requested);
    if (testing::Test::HasFailure()) {
        _exit(1);
    }
}

void fork_under_load(int rounds) {
    const std::uint64_t seed = tests::new_seed();
    SCOPED_TRACE(testing::Message() << "EBB_SEED=" << seed);
    {
        const worker first(seed);
        const worker second(seed + 1);
        const worker third(seed + 2);
        for (int round = 0; round < rounds && !testing::Test::HasFailure(); ++round) {
            EXPECT_EQ(status_of_child(live_in_child), 0) << "round " << round;
        }
    }
    engine::validate();
}

// Where a page fault is dear a fork costs a sixth of a second here.
constexpr int forks_under_load = EBB_LONG_TESTS ? 300 : 60;

TEST(forks, leave_the_child_whole_whatever_other_threads_were_at) {
    engine::load();
    fork_under_load(tests::sanitized ? 20 : forks_under_load);
}

TEST(forks, do_so_without_membarrier) {
    const int status = status_of_child([] {
        if (!tests::refuse(SYS_membarrier, EPERM)) {
            _exit(not_here);
        }
        engine::load();
        fork_under_load(tests::sanitized ? 10 : forks_under_load / 3);
        if (testing::Test::HasFailure()) {
            _exit(1);
        }
    });
    if (WIFEXITED(status) && WEXITSTATUS(status) == not_here) {
        GTEST_SKIP() << "no seccomp here";
    }
    EXPECT_EQ(status, 0);
}

// Between its handlers a fork may wait for any other thread, as libc's waits for those that hold
// the locks of its streams: so each must get on, with every kind of call.
TEST(forks, let_other_threads_get_on_meanwhile) {
    engine::load();
    ASSERT_EQ(registered, 0);
    const ebb_ledger before = engine::read_ledger();
    holder h(tests::new_seed());
    for (int i = 0; i < 200; ++i) {
        h.step();
    }
    std::uint64_t held = 0;
    void* left = nullptr;
    const auto work = [&] {
        for (int i = 0; i < 2000; ++i) {
            h.step();
        }
        // One that begins here, and one that ends.
        std::thread([&] { left = engine::allocate(1000); }).join();
        void* const page = engine::allocate_aligned(100, 1 << 20);
        EXPECT_EQ(address_of(page) % (1 << 20), 0U);
        engine::deallocate(page);
        void* const zeroes = engine::allocate_zeroed(300'000);
        EXPECT_EQ(*static_cast<unsigned char*>(zeroes), 0);
        engine::deallocate(zeroes);
        held = h.requested() + 1000;
        EXPECT_EQ(engine::read_ledger().requested - before.requested, held);
    };
    for (int round = 0; round < 3; ++round) {
        std::atomic<int> turn{0}; // 1: the worker's, 2: it has done, 3: it may end
        std::thread other([&] {
            holder mine(7); // it has a cache by then
            mine.step();
            mine.drop();
            tests::wait_until([&] { return turn == 1; });
            work();
            turn = 2;
            tests::wait_until([&] { return turn == 3; }); // it lives at the fork
        });
        in_window = [&] {
            turn = 1;
            tests::wait_until([&] { return turn == 2; });
        };
        const int status = status_of_child([&] {
            in_window = nullptr;
            EXPECT_EQ(engine::read_ledger().requested - before.requested, held);
            live_in_child();
            h.drop(); // what came and went on the detour comes back
            engine::deallocate(left);
            EXPECT_EQ(engine::read_ledger().requested, before.requested);
            static_cast<void>(engine::purge::all());
            engine::validate();
            if (testing::Test::HasFailure()) {
                _exit(1);
            }
        });
        in_window = nullptr;
        turn = 3;
        other.join();
        EXPECT_EQ(status, 0);
        engine::validate();
        engine::deallocate(left);
        EXPECT_EQ(engine::read_ledger().requested - before.requested, h.requested());
    }
    h.drop();
    static_cast<void>(engine::purge::all());
    engine::validate();
    EXPECT_EQ(engine::read_ledger().requested, before.requested);
}

// Blocks that came straight from the system are counted, and their addresses go back like others'.
TEST(forks, count_what_the_detour_mapped) {
    engine::load();
    const std::uint64_t mapped = engine::regions::mapped();
    std::atomic<int> turn{0};
    std::vector<void*> blocks;
    std::thread other([&] {
        engine::deallocate(engine::allocate(100));
        tests::wait_until([&] { return turn == 1; });
        for (int i = 0; i < 100; ++i) {
            blocks.push_back(engine::allocate(5 << 20)); // too large for any cache
        }
        turn = 2;
        tests::wait_until([&] { return turn == 3; });
    });
    in_window = [&] {
        turn = 1;
        tests::wait_until([&] { return turn == 2; });
    };
    EXPECT_EQ(status_of_child([] { engine::validate(); }), 0);
    in_window = nullptr;
    turn = 3;
    other.join();
    EXPECT_GE(engine::regions::mapped(), mapped + (std::uint64_t{500} << 20));
    for (void* p : blocks) {
        std::memset(p, 1, 5 << 20);
        engine::deallocate(p);
    }
    static_cast<void>(engine::purge::all());
    engine::validate();
    EXPECT_LE(engine::regions::mapped(), mapped + (std::uint64_t{64} << 20))
        << "their addresses went back";
    EXPECT_GE(engine::read_ledger().peak_mapped, mapped + (std::uint64_t{500} << 20));
}

// A single thread may fork in a signal handler that interrupts any of its calls.
TEST(forks, work_in_a_signal_handler_of_a_single_thread) {
    if (ebb::thread_sanitized) {
        GTEST_SKIP() << "the sanitizer's own handlers of a fork allocate";
    }
    EXPECT_EQ(status_of_child([] {
                  engine::load();
                  static volatile sig_atomic_t forked = 0;
                  static volatile sig_atomic_t failed = 0;
                  struct sigaction action {};
                  action.sa_handler = [](int) {
                      failed = failed + (status_of_child([] {}) != 0 ? 1 : 0);
                      forked = forked + 1;
                  };
                  ::sigaction(SIGVTALRM, &action, nullptr);
                  const itimerval often{{0, 1000}, {0, 1000}};
                  ::setitimer(ITIMER_VIRTUAL, &often, nullptr);
                  holder h(tests::new_seed());
                  while (forked < 100) {
                      h.step();
                  }
                  const itimerval never{};
                  ::setitimer(ITIMER_VIRTUAL, &never, nullptr);
                  h.drop();
                  engine::validate();
                  _exit(failed == 0 && !testing::Test::HasFailure() ? 0 : 1);
              }),
              0);
}

// What another thread was at can't be mended, for its books were wrong before: the child's ledger
// holds what is still known, and no figure that follows from what isn't.
TEST(forks, leave_figures_absent_that_the_child_cannot_mend) {
    if (engine::hardened) {
        GTEST_SKIP() << "it has no fast calls";
    }
    engine::load();
    std::atomic<bool> is_broken{false};
    std::atomic<bool> stop{false};
    std::thread broken([&] {
        engine::deallocate(engine::allocate(64));
        engine::thread_cache& own = *engine::current;
        own.requested.add(1'000'000);
        own.busy.store(engine::thread_cache::frees_at(own.bins[engine::bin_of(64)].top.get()));
        is_broken = true;
        tests::wait_until([&] { return stop.load(); });
        own.busy.store(0);
        own.requested.add(-1'000'000);
    });
    tests::wait_until([&] { return is_broken.load(); });
    EXPECT_EQ(status_of_child([] {
                  const ebb_ledger l = engine::read_ledger();
                  for (const std::uint64_t unknown :
                       {l.requested, l.slack, l.usable, l.dead, l.idle, l.peak_requested,
                        l.allocations, l.frees}) {
                      if (unknown != EBB_ABSENT) {
                          return false;
                      }
                  }
                  return l.overhead <= l.mapped && l.mapped <= l.peak_mapped &&
                         l.peak_mapped != EBB_ABSENT;
              }),
              0);
    stop = true;
    broken.join();
    engine::validate();
}

} // namespace
