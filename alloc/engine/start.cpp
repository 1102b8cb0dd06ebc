#include <ebb/alloc/engine/cache_room.h>
#include <ebb/alloc/engine/companion.h>
#include <ebb/alloc/engine/forks.h>
#include <ebb/alloc/engine/options.h>
#include <ebb/alloc/engine/registry.h>
#include <ebb/alloc/engine/shared.h>
#include <ebb/alloc/engine/start.h>
#include <ebb/alloc/os/barrier.h>
#include <ebb/alloc/os/loaded.h>

#include <pthread.h>

namespace ebb::engine {
namespace {

constinit shared<bool> loaded{false};
constinit shared<bool> watching{false};
constinit pthread_key_t thread_end{};
constinit shared<bool> watches_forks{false};

} // namespace

void watch_forks() noexcept {
    if (!watches_forks.exchange(true)) {
        // Without it a fork asks for a fence in each slow call.
        static_cast<void>(os::register_barrier());
        static_cast<void>(::pthread_atfork(forks::prepare, forks::done, forks::in_child));
    }
}

void load(char** environment) noexcept {
    if (loaded.exchange(true)) {
        return;
    }
    os::keep_loaded(&loaded); // blocks, threads' ends and handlers of a fork outlive a dlclose
    apply_options(environment);
    {
        slow_call here;
        here.wait();
        begin_alone();
    }
    watch_forks();
    companion::count_thread();
    if (::pthread_key_create(&thread_end, [](void*) { end_thread(); }) == 0) {
        watching.store(true, std::memory_order_release);
        watch_thread_end();
    }
}

void end_thread() noexcept {
    if (has_cache()) {
        if (const slow_call here; here) {
            const booking last;
            thread_cache& own = *last;
            empty(own);
            cache_room::give_up(own);
            own.tell();
        } // else its slots wait for the cache's next thread, or a sweep
        leave_cache();
    }
    companion::thread_ends();
}

void watch_thread_end() noexcept {
    if (watching.load(std::memory_order_acquire)) {
        // Any value but null: the destructor runs for those who have one.
        static_cast<void>(::pthread_setspecific(thread_end, &loaded));
    }
}

} // namespace ebb::engine
