// Threads that come, go and share a heap while others empty caches, fork and look.
#include <ebb/alloc/engine/heap.h>
#include <ebb/alloc/engine/purge.h>
#include <ebb/alloc/engine/snapshot.h>
#include <ebb/alloc/engine/start.h>

#include <gtest/gtest.h>
#include <tests/support/forked.h>
#include <tests/support/random.h>

#include <pthread.h>

#include <atomic>
#include <iterator>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace ebb; // NOLINT: a test's own file
using tests::below;
using tests::status_of_child;

// Makes and frees blocks of many bins; leaves nothing.
void touch_many_bins() {
    void* blocks[300];
    for (std::size_t i = 0; i < 300; ++i) {
        blocks[i] = engine::allocate(100 + i * 10);
    }
    for (void* p : blocks) {
        engine::deallocate(p);
    }
}

// A sweep is in the middle of its work when threads take and give batches: tsan's test.
TEST(registry, sweeps_while_threads_fill_and_flush) {
    engine::load();
    const ebb_ledger before = engine::read_ledger();
    std::atomic<bool> stop{false};
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
        threads.emplace_back([&stop] {
            std::vector<void*> blocks(2000);
            while (!stop.load(std::memory_order_relaxed)) {
                for (void*& p : blocks) {
                    p = engine::allocate(64);
                }
                for (void* p : blocks) {
                    engine::deallocate(p);
                }
            }
        });
    }
    for (int i = 0; i < (tests::sanitized ? 100 : 500); ++i) {
        static_cast<void>(engine::purge::all());
    }
    stop = true;
    for (std::thread& t : threads) {
        t.join();
    }
    EXPECT_EQ(engine::read_ledger().requested, before.requested);
    engine::validate();
}

// A thread that ends while its cache is being stopped leaves a cache that the next one can use.
TEST(registry, lets_go_of_caches_whose_threads_ended_meanwhile) {
    EXPECT_EQ(status_of_child([] {
                  engine::load();
                  for (int round = 0; round < (tests::sanitized ? 100 : 500); ++round) {
                      constexpr int count = 4;
                      std::atomic<int> done{0};
                      std::vector<std::thread> threads;
                      for (int t = 0; t < count; ++t) {
                          threads.emplace_back([&done] {
                              touch_many_bins();
                              ++done;
                          });
                      }
                      while (done < count) {
                          static_cast<void>(engine::purge::all());
                      }
                      static_cast<void>(engine::purge::all());
                      for (std::thread& t : threads) {
                          t.join();
                      }
                      threads.clear();
                      for (int t = 0; t < count; ++t) { // nobody sweeps: these would wait for ever
                          threads.emplace_back(touch_many_bins);
                      }
                      for (std::thread& t : threads) {
                          t.join();
                      }
                  }
                  engine::validate();
              }),
              0);
}

// Blocks of all sorts come, grow and go; none stays.
void use_all_sorts(std::uint64_t seed, int steps) {
    constexpr std::size_t sizes[] = {1, 64, 500, 4000, 60'000, 300'000, 3'000'000, 9'000'000};
    tests::random_engine random(seed);
    void* blocks[16] = {};
    for (int i = 0; i < steps; ++i) {
        void*& p = blocks[below(random, std::size(blocks))];
        const std::size_t n = sizes[below(random, std::size(sizes))];
        if (p != nullptr && below(random, 2) == 0) {
            engine::deallocate(std::exchange(p, nullptr));
            continue;
        }
        p = p == nullptr ? engine::allocate(n) : engine::reallocate(p, n);
        ASSERT_NE(p, nullptr);
        static_cast<unsigned char*>(p)[n - 1] = 1;
    }
    for (void* p : blocks) {
        engine::deallocate(p);
    }
}

// What destructors of thread-local values do after the engine's own: the thread has no cache then.
constexpr int late_steps = tests::sanitized ? 200 : 2000;
std::atomic<int> late_threads{0};
void work_past_the_end(void*) {
    ASSERT_FALSE(engine::has_cache());
    use_all_sorts(static_cast<std::uint64_t>(++late_threads), late_steps);
    ASSERT_FALSE(engine::has_cache());
}

// In a build with assertions a lock that one of them holds on the way to the system stops it.
TEST(registry, serves_threads_past_their_end_side_by_side) {
    EXPECT_EQ(status_of_child([] {
                  engine::load();
                  static pthread_key_t late_key; // later than the engine's, and so its destructor
                  EXPECT_EQ(::pthread_key_create(&late_key, work_past_the_end), 0);
                  use_all_sorts(0, late_steps);
                  const ebb_ledger before = engine::read_ledger();
                  constexpr int count = 4;
                  std::vector<std::thread> threads;
                  for (int t = 0; t < count; ++t) {
                      threads.emplace_back([] {
                          touch_many_bins();
                          ASSERT_EQ(::pthread_setspecific(late_key, &late_key), 0);
                      });
                  }
                  while (late_threads < count) {
                      engine::validate();
                      static_cast<void>(engine::purge::all());
                  }
                  for (std::thread& t : threads) {
                      t.join();
                  }
                  engine::validate();
                  const ebb_ledger after = engine::read_ledger();
                  EXPECT_EQ(after.requested, before.requested);
                  EXPECT_EQ(after.slack, before.slack);
                  EXPECT_EQ(after.allocations - after.frees, before.allocations - before.frees);
                  return !testing::Test::HasFailure();
              }),
              0);
}

} // namespace
