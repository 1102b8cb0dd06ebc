// A mutual exclusion lock of four bytes: a compare-and-swap when free, a futex when held.
//
// Constant-initialised and without a destructor, so that it works inside of the first malloc and
// after the last destructor. It allocates nothing and touches neither errno nor thread-local
// storage. A holder that loses its processor is waited for asleep: 256 threads on 2 processors
// don't spin at each other. (U. Drepper, "Futexes Are Tricky", the second mutex.)
#pragma once

#include <ebb/alloc/os/noise.h>

#include <atomic>
#include <cstdint>

// Whether a system call about memory that is made while its thread holds a lock stops the program:
// in builds with assertions.
#ifndef EBB_LOCK_RULE
#ifdef NDEBUG
#define EBB_LOCK_RULE 0
#else
#define EBB_LOCK_RULE 1
#endif
#endif

namespace ebb::os {

#if EBB_LOCK_RULE
/// Locks that this thread holds.
extern constinit thread_local std::uint32_t locks_held [[gnu::tls_model("initial-exec")]];
#endif
inline void count_lock([[maybe_unused]] std::uint32_t more) noexcept {
#if EBB_LOCK_RULE
    locks_held += more;
#endif
}

class lock {
  public:
    constexpr lock() noexcept = default;
    lock(const lock&) = delete;
    lock& operator=(const lock&) = delete;

    void acquire() noexcept {
        const noise_around here;
        std::uint32_t expected = open;
        if (!state_.compare_exchange_strong(expected, held, std::memory_order_acquire,
                                            std::memory_order_relaxed)) {
            acquire_slowly();
        }
        count_lock(1);
    }

    void release() noexcept {
        const noise_around here;
        count_lock(0 - 1U);
        if (state_.exchange(open, std::memory_order_release) == awaited) {
            wake_one();
        }
    }

    /// Makes it free whoever held it. For the one thread of a forked child.
    void reset() noexcept { state_.store(open, std::memory_order_relaxed); }

  private:
    static constexpr std::uint32_t open = 0;
    static constexpr std::uint32_t held = 1;
    static constexpr std::uint32_t awaited = 2; // held, and somebody may sleep

    void acquire_slowly() noexcept;
    void wake_one() noexcept;

    std::atomic<std::uint32_t> state_{open};
};

/// Holds a lock for a scope.
class lock_guard {
  public:
    explicit lock_guard(lock& l) noexcept : lock_(l) { lock_.acquire(); }
    ~lock_guard() { lock_.release(); }
    lock_guard(const lock_guard&) = delete;
    lock_guard& operator=(const lock_guard&) = delete;

  private:
    lock& lock_;
};

} // namespace ebb::os
