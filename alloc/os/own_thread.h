// A thread of ebb's own that libc knows, made so that the program hardly notices it.
//
// It blocks all signals (but those that libc needs itself: setuid() waits for an answer of every
// thread), has the policy SCHED_OTHER, whatever its creator has, and the processors that the
// process had when note_processors() was called.
#pragma once

#include <pthread.h>

namespace ebb::os {

/// libc's pthread_create, or what stands before it.
using create_function = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);

/// Whether libc knows that the process has one thread, and never had a second. Threads: any.
[[nodiscard]] bool is_single_threaded() noexcept;

/// Once, while the process has one thread. Cost: a system call.
void note_processors() noexcept;

/// Starts `work` on a thread that shows as `ebb-purge`. Returns 0 and sets `thread`, or what
/// `create` returned. errno stays. Threads: callers take turns.
int start_own_thread(create_function create, void (*work)() noexcept, pthread_t& thread) noexcept;

} // namespace ebb::os
