// A library whose constructor starts threads and forks. Where a program has its malloc from the
// archive, that is before the malloc's own constructor: it is the program's, which come last.
#include <tests/support/forked.h>

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <thread>
#include <vector>

namespace {

std::atomic<bool> stop{false};
int failed_count = 0;

// All roads: caches that fill and run empty, spans, large blocks.
void use() {
    std::vector<void*> blocks;
    for (std::size_t i = 0; i < 300; ++i) {
        blocks.push_back(std::malloc(i * 37));
    }
    for (void* p : blocks) {
        std::free(p);
    }
    std::free(std::malloc(300'000));
}

[[gnu::constructor]] void fork_beside_threads() {
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) {
        threads.emplace_back([] {
            while (!stop.load(std::memory_order_relaxed)) {
                use();
            }
        });
    }
    for (int i = 0; i < 100; ++i) {
        const int status = tests::status_of_child([] {
            use();
            ::_exit(0);
        });
        failed_count += status == 0 ? 0 : 1;
    }
    stop.store(true, std::memory_order_relaxed);
    for (std::thread& t : threads) {
        t.join();
    }
}

} // namespace

extern "C" __attribute__((visibility("default"))) int early_forks_that_failed() {
    return failed_count;
}
