// Forks. No thread is stopped for one, and no lock of the engine is held across one.
//
//     thread that forks   prepare: says so, waits for slow calls | libc's part, clone | done: says
//     so other threads       slow calls end        fast calls go on, slow ones take the detour
//
// libc takes locks of its own between the handlers and the clone, and the threads that hold those
// may be inside of malloc: so nobody may have to wait for the fork to end (BZ 19431 is glibc's own
// such hang). What other threads do meanwhile is made such that the child can read it from memory:
//
// - A slow call, one that may touch what threads share, begins with a `slow_call`. While another
//   thread forks there is none to be had, and the caller takes the detour (detour.h). So at the
//   clone every lock of the engine is open, and every list is whole.
// - A fast call says in `busy` what it does, and the child finishes or undoes it (mend.h).
//
// A fork is a consistent cut of memory: the child sees, of each thread's stores, all up to some
// moment and none after it. (The kernel empties the processors' address caches while it holds the
// lock of the address space, and a store that comes later faults. Of 3,000 forks beside a thread
// that stores to two pages in turn none saw the second store without the first.)
//
// A process that never had a second thread does nothing at all: so it may fork in a signal handler.
#pragma once

#include <ebb/alloc/engine/registry.h>
#include <ebb/alloc/engine/shared.h>

#include <atomic>
#include <cstdint>

namespace ebb::engine {

namespace forks {

/// Not 0 while some thread forks, and where slow calls need fences.
extern constinit shared<std::uint32_t> attention;

/// Whether some thread forks, and what is owed to it. Where `attention` is 0 there is nothing to
/// be asked.
[[nodiscard]] bool under_way() noexcept;
void tell_end() noexcept;

/// Whether some thread forks. For a call that did begin_call() with `in_slow_call`, touches nothing
/// but its thread's own, and ends with leave() and left().
[[nodiscard]] inline bool any() noexcept {
    // Against the compiler alone: who forks has every processor pass a barrier after it said so.
    std::atomic_signal_fence(std::memory_order_seq_cst);
    return attention.load(std::memory_order_relaxed) != 0 && under_way();
}
inline void left() noexcept {
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (attention.load(std::memory_order_relaxed) != 0) [[unlikely]] {
        tell_end();
    }
}

/// The handlers of pthread_atfork.
void prepare() noexcept;
void done() noexcept;
void in_child() noexcept;

} // namespace forks

/// The right to touch what threads share, while this lives. Whoever gets none touches nothing but
/// its own thread's cache. May be nested. Cost: a few plain stores; a fence where the kernel has no
/// membarrier. Threads: any.
class slow_call {
  public:
    slow_call() noexcept : cache_(current) { enter(); }
    ~slow_call() {
        if (entered_) {
            leave();
        }
    }
    slow_call(const slow_call&) = delete;
    slow_call& operator=(const slow_call&) = delete;

    explicit operator bool() const noexcept { return entered_; }

    /// Waits until no other thread forks: where there is no detour, and the caller holds nothing
    /// that a fork may wait for, or has no choice.
    void wait() noexcept;

  private:
    void enter() noexcept {
        if (!has_cache()) [[unlikely]] {
            entered_ = enter_as_stranger();
            return;
        }
        const std::uint32_t outer = cache_->inside.load(std::memory_order_relaxed);
        cache_->inside.store(outer + 1, std::memory_order_relaxed);
        entered_ = outer != 0 || !forks::any() || may_go_on();
        if (!entered_) [[unlikely]] {
            leave();
        }
    }
    void leave() noexcept {
        if (is_stranger_) [[unlikely]] {
            leave_as_stranger();
            return;
        }
        cache_->inside.store(cache_->inside.load(std::memory_order_relaxed) - 1,
                             std::memory_order_release);
        forks::left();
    }
    [[nodiscard]] static bool may_go_on() noexcept;
    [[nodiscard]] bool enter_as_stranger() noexcept;
    void leave_as_stranger() noexcept;

    thread_cache* cache_;
    bool is_stranger_ = false;
    bool entered_ = false;
};

} // namespace ebb::engine
