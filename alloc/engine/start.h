// What happens once in a process: when the library is loaded, and at a fork.
//
// The first call may come before any constructor ran, from the dynamic linker even; so the engine
// works with what is constant-initialised. Options, fork handlers and the end of threads wait for
// the library's constructor.
#pragma once

namespace ebb::engine {

/// From the library's constructor: options from the environment, fork handlers, thread ends.
void load(char** environment = nullptr) noexcept;

/// Registers the handlers of a fork, once: as the library is loaded, or before a second thread
/// takes its first block, if that comes sooner. (The archive's constructor is the program's, which
/// runs after those of the libraries that it needs. They may start threads and fork.) libc may call
/// malloc for it.
void watch_forks() noexcept;

/// Ends this thread's use of the heap: libc calls it as the thread ends. Later calls of the thread
/// go to the central bins.
void end_thread() noexcept;

/// Has end_thread() called when this thread ends.
void watch_thread_end() noexcept;

} // namespace ebb::engine
