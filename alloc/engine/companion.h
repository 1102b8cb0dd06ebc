// ebb's own thread: it gives memory back while the program's threads sleep.
//
// It exists only beside two threads of the program, or where `thread:on` asks for it, and libc
// knows it: the shared library's pthread_create starts it, never malloc or free (libc calls free
// while it holds the lock that pthread_create needs). Static libraries have none, because nothing
// of theirs stands in for pthread_create.
//
//     program's threads    1    2 ...       2    1
//     ebb's                     starts           gives back what exceeds the bound, and ends
//
// A thread counts from its creation when it comes through pthread_create, and from its first malloc
// otherwise (thrd_create, SIGEV_THREAD); until its end.
//
// It sleeps for purge_ms / 4 at a time while anything waits, and for good when nothing does: the
// next slow call wakes it. When the program is refused a thread for want of them (EAGAIN), ebb's
// ends, and isn't started again before the program had one thread alone. How it is made:
// os/own_thread.h.
//
// Threads: any.
#pragma once

#include <ebb/alloc/engine/shared.h>
#include <ebb/alloc/os/own_thread.h>

#include <pthread.h>

#include <cstdint>

namespace ebb::engine::companion {

enum class mode : std::uint8_t {
    automatic, ///< beside a second thread of the program
    on,        ///< from the start
    off,
};

using start_function = void* (*)(void*);
using create_function = os::create_function;

/// Called before threads start.
void configure(mode wanted) noexcept;

/// In the library's constructor: notes the process's processors, and starts the thread where it is
/// `on`. `create` is libc's pthread_create.
void load(create_function create) noexcept;

/// What pthread_create does in the shared library. Returns what libc's returned.
int create_thread(pthread_t* out, const pthread_attr_t* attributes, start_function start,
                  void* argument) noexcept;

/// The calling thread is one of the program's from here on, if it wasn't yet; and is one no more.
void count_thread() noexcept;
void thread_ends() noexcept;

/// Wakes the thread if it sleeps for good. Holding no lock of the engine. Cost: a load where there
/// is nothing to wake.
extern constinit shared<std::uint32_t> asleep;
void wake_it() noexcept;
[[nodiscard]] inline bool is_asleep() noexcept {
    return asleep.load(std::memory_order_relaxed) != 0;
}
inline void wake() noexcept {
    if (is_asleep()) [[unlikely]] {
        wake_it();
    }
}

void in_child() noexcept;

} // namespace ebb::engine::companion
