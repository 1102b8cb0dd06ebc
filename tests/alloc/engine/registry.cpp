// Threads that come, go and share a heap while others empty caches, fork and look.
#include <ebb/alloc/engine/heap.h>
#include <ebb/alloc/engine/purge.h>
#include <ebb/alloc/engine/snapshot.h>
#include <ebb/alloc/engine/start.h>

#include <gtest/gtest.h>
#include <tests/support/random.h>

#include <atomic>
#include <thread>
#include <vector>

namespace {

using namespace ebb; // NOLINT: a test's own file

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

} // namespace
