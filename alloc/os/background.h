// A thread that libc doesn't know: for work while the program sleeps.
//
// It is made by clone itself, not by pthread_create, because a library that nobody asked for must
// not change what the program sees of itself: with pthread_create libstdc++'s shared_ptr and stdio
// turn to atomic operations for good (__libc_single_threaded), and a process whose main thread
// left by pthread_exit would never end, since libc would count ours among those to wait for.
// Ours takes no signals (all are blocked), shows as `ebb-purge` in top, ends with the process, and
// isn't there after a fork.
//
// What it runs must use neither errno nor thread-local storage: it has a block of zeroes in the
// place of both, so that a stray access hits nothing of the program's.
#pragma once

#include <ebb/alloc/os/noise.h>

#include <atomic>
#include <cstdint>

namespace ebb::os {

class background_thread {
  public:
    /// Starts `work` on a thread of its own. False, nothing changed, when one is still there or
    /// the system refuses. Threads: callers take turns.
    bool start(void (*work)() noexcept) noexcept;

    /// Whether the thread is still there. Falls to false when `work` has returned and the kernel
    /// has let go of the stack.
    [[nodiscard]] bool running() const noexcept {
        const noise_around here;
        return tid_.load(std::memory_order_acquire) != 0;
    }

    /// In a forked child, where no other thread is.
    void forget() noexcept { tid_.store(0, std::memory_order_relaxed); }

  private:
    std::atomic<std::uint32_t> tid_{0}; // the kernel clears it at the thread's end
    void* stack_ = nullptr;
};

} // namespace ebb::os
