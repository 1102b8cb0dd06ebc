#include <ebb/alloc/os/futex.h>
#include <ebb/alloc/os/lock.h>
#include <ebb/alloc/os/noise.h>
#include <ebb/alloc/os/system_call.h>

#include <linux/futex.h>
#include <sys/syscall.h>

#include <ctime>

namespace ebb::os {

#if EBB_LOCK_RULE
constinit thread_local std::uint32_t locks_held = 0;
#endif

void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t value,
                long milliseconds) noexcept {
    const timespec limit{milliseconds / 1000, (milliseconds % 1000) * 1'000'000};
    system_call(SYS_futex, reinterpret_cast<long>(&word), FUTEX_WAIT_PRIVATE,
                static_cast<long>(value), milliseconds < 0 ? 0 : reinterpret_cast<long>(&limit));
}

void futex_wake(const std::atomic<std::uint32_t>& word, int threads) noexcept {
    system_call(SYS_futex, reinterpret_cast<long>(&word), FUTEX_WAKE_PRIVATE, threads, 0);
}

void yield() noexcept {
    system_call(SYS_sched_yield);
}

void lock::acquire_slowly() noexcept {
    // A short spin first: a critical section here is tens of nanoseconds, a sleep thousands.
    constexpr int spins = 100;
    for (int i = 0; i < spins; ++i) {
        std::uint32_t expected = open;
        if (state_.load(std::memory_order_relaxed) == open &&
            state_.compare_exchange_weak(expected, held, std::memory_order_acquire,
                                         std::memory_order_relaxed)) {
            return;
        }
        pause();
    }
    while (state_.exchange(awaited, std::memory_order_acquire) != open) {
        noise();
        futex_wait(state_, awaited);
    }
}

void lock::wake_one() noexcept {
    futex_wake(state_, 1);
}

} // namespace ebb::os
