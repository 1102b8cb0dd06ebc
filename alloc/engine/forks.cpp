#include <ebb/alloc/engine/companion.h>
#include <ebb/alloc/engine/forks.h>
#include <ebb/alloc/engine/registry.h>
#include <ebb/alloc/os/barrier.h>
#include <ebb/alloc/os/futex.h>
#include <ebb/alloc/os/own_thread.h>

namespace ebb::engine {

constinit shared<std::uint32_t> forks::attention{0};

namespace {

// Threads that are between their fork's handlers, and those of them that wait for slow calls.
constinit shared<std::uint32_t> count{0};
constinit shared<std::uint32_t> preparing{0};
// Moves when a slow call ends beside a fork: who prepares one looks again.
constinit shared<std::uint32_t> ended{0};
// Slow calls of threads that have no cache to note them in.
constinit shared<std::uint32_t> of_strangers{0};
// Set once the kernel turned out to have no membarrier: then every slow call needs a fence.
constinit shared<bool> fences{false};

struct own_state {
    std::uint32_t as_stranger = 0; // slow calls
    bool forks = false;
};
constinit thread_local own_state self;

void order() noexcept {
    if (fences.load(std::memory_order_relaxed)) {
        std::atomic_thread_fence(std::memory_order_seq_cst);
    }
}

std::uint32_t forks_of_others() noexcept {
    return count.load(std::memory_order_acquire) - (self.forks ? 1 : 0);
}

void pass_barrier() noexcept {
    if (os::barrier_everywhere()) {
        return;
    }
    // A filter of system calls, or an old kernel. From here on calls have their own fences; those
    // that are just being made have passed one by any interrupt within this time.
    if (!fences.exchange(true)) {
        forks::attention.fetch_add(1);
    }
    constexpr long milliseconds = 10;
    os::futex_wait(ended, ended.load(), milliseconds);
}

} // namespace

bool forks::under_way() noexcept {
    order();
    return count.load(std::memory_order_acquire) != 0;
}

void forks::tell_end() noexcept {
    order();
    if (preparing.load(std::memory_order_relaxed) != 0) {
        ended.fetch_add(1);
        os::futex_wake(ended, INT32_MAX);
    }
}

// The thread that forks may go on as ever: nobody else touches what is shared meanwhile. So may one
// whose call began when it had no cache.
bool slow_call::may_go_on() noexcept {
    return forks_of_others() == 0 || self.as_stranger != 0;
}

bool slow_call::enter_as_stranger() noexcept {
    is_stranger_ = true;
    if (self.as_stranger++ == 0) {
        of_strangers.fetch_add(1);
        if (forks_of_others() != 0) {
            leave_as_stranger();
            return false;
        }
    }
    return true;
}

void slow_call::leave_as_stranger() noexcept {
    if (--self.as_stranger == 0) {
        of_strangers.fetch_add(0 - 1U);
        forks::left();
    }
}

void slow_call::wait() noexcept {
    while (!entered_) {
        const std::uint32_t seen = count.load();
        if (forks_of_others() != 0) {
            os::futex_wait(count, seen);
        }
        enter();
    }
}

void forks::prepare() noexcept {
    if (os::is_single_threaded()) {
        return;
    }
    self.forks = true;
    preparing.fetch_add(1);
    count.fetch_add(1);
    attention.fetch_add(1);
    pass_barrier();
    const std::uint32_t own = self.as_stranger != 0 ? 1 : 0;
    for (;;) {
        const std::uint32_t seen = ended.load();
        if (of_strangers.load() == own && !others_are_in_slow_calls()) {
            break;
        }
        os::futex_wait(ended, seen);
    }
    preparing.fetch_add(0 - 1U);
}

void forks::done() noexcept {
    if (self.forks) {
        self.forks = false;
        attention.fetch_add(0 - 1U);
        count.fetch_add(0 - 1U);
        os::futex_wake(count, INT32_MAX);
    }
}

void forks::in_child() noexcept {
    if (self.forks) {
        self.forks = false;
        count.store(0);
        preparing.store(0);
        attention.store(fences.load() ? 1 : 0);
        of_strangers.store(self.as_stranger != 0 ? 1 : 0);
        forget_threads(self.as_stranger != 0 || current->inside.load() != 0);
        static_cast<void>(os::register_barrier());
    }
    companion::in_child();
}

} // namespace ebb::engine
