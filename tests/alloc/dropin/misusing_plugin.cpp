// A library whose constructor waits for a thread that frees a block twice.
#include <cstdlib>
#include <thread>

namespace {

[[gnu::constructor]] void misuse_and_wait() {
    std::thread([] {
        void* volatile p = std::malloc(100);
        std::free(p);
        std::free(p);
    }).join();
}

} // namespace
