// Threads that come, go and share a heap while others empty caches, fork and look.
#include <ebb/alloc/engine/heap.h>
#include <ebb/alloc/engine/purge.h>
#include <ebb/alloc/engine/snapshot.h>
#include <ebb/alloc/engine/start.h>

#include <gtest/gtest.h>
#include <tests/support/forked.h>
#include <tests/support/random.h>

#include <atomic>
#include <thread>
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

} // namespace
