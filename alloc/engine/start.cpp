#include <ebb/alloc/engine/central.h>
#include <ebb/alloc/engine/companion.h>
#include <ebb/alloc/engine/metadata.h>
#include <ebb/alloc/engine/options.h>
#include <ebb/alloc/engine/page_heap.h>
#include <ebb/alloc/engine/purge.h>
#include <ebb/alloc/engine/registry.h>
#include <ebb/alloc/engine/shared.h>
#include <ebb/alloc/engine/start.h>
#include <ebb/alloc/os/loaded.h>

#include <pthread.h>

namespace ebb::engine {
namespace {

constinit shared<bool> loaded{false};
constinit shared<bool> watching{false};
constinit pthread_key_t thread_end{};

// Everything is held through a fork, outermost first, so that the child finds it whole. A thread
// holds at most these, in this order.
void before_fork() noexcept {
    purge::before_fork();
    stop_threads();
    for (central_bin& bin : central) {
        bin.before_fork();
    }
    page_heap::before_fork();
    metadata::before_fork();
}

void after_fork() noexcept {
    metadata::after_fork();
    page_heap::after_fork();
    for (central_bin& bin : central) {
        bin.after_fork();
    }
    resume_threads();
    purge::after_fork();
}

void in_child() noexcept {
    metadata::in_child();
    page_heap::in_child();
    for (central_bin& bin : central) {
        bin.in_child();
    }
    forget_threads();
    purge::in_child();
    companion::in_child();
}

} // namespace

void load(char** environment) noexcept {
    if (loaded.exchange(true)) {
        return;
    }
    os::keep_loaded(&loaded); // blocks, threads' ends and handlers of a fork outlive a dlclose
    apply_options(environment);
    begin_alone();
    static_cast<void>(::pthread_atfork(before_fork, after_fork, in_child));
    companion::count_thread();
    if (::pthread_key_create(&thread_end, [](void*) { end_thread(); }) == 0) {
        watching.store(true, std::memory_order_release);
        watch_thread_end();
    }
}

void watch_thread_end() noexcept {
    if (watching.load(std::memory_order_acquire)) {
        // Any value but null: the destructor runs for those who have one.
        static_cast<void>(::pthread_setspecific(thread_end, &loaded));
    }
}

} // namespace ebb::engine
