// What happens once in a process: at the first call, when the library is loaded, at a fork.
//
// The first call may come before any constructor ran, from the dynamic linker even; so the engine
// works with what is constant-initialised, and start() adds the process's secret alone. Options,
// fork handlers and the end of threads wait for the library's constructor.
#pragma once

namespace ebb::engine {

/// Once, at the first call of the first thread. Cost after that: a load.
void start() noexcept;

/// From the library's constructor: options from the environment, fork handlers, thread ends.
void load() noexcept;

/// Has end_thread() called when this thread ends.
void watch_thread_end() noexcept;

} // namespace ebb::engine
