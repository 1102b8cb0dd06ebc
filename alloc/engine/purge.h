// Giving pages back: when, and on whose time.
//
// Policy. Memory that nobody took again for purge_ms (400 by default) goes to the system, by page:
// free runs of the page heap, pages inside of spans that still hold live slots, loose slots of the
// central bins, a large block that a thread keeps for its next. 400 ms is long enough that a load
// that swings faster pays no page fault for it, and short enough that a process that has been idle
// for a second holds what it needs.
//
// Mechanism. A background thread (os/background.h), so that a program which never calls malloc
// again gets smaller too. It starts when 4 MiB wait, looks every purge_ms / 4, and ends when
// nothing has waited for a second: small programs never have one, and a service at rest is single
// threaded again. Where no thread may be had (EBB_OPTIONS=thread:off, seccomp, RLIMIT_NPROC),
// calls that reach the central bins or the page heap do the same work, so then an idle process
// keeps what it had.
//
// Cost: madvise is 0.09 us a page in long runs and 1.2 us a lone page; the fault that brings it
// back 1.4 us. What was measured for the alternatives: README of this folder.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ebb::engine::purge {

/// Says that `bytes` were queued somewhere. Starts the thread when enough of them wait.
/// Threads: any, holding any lock of the engine.
void expect(std::size_t bytes) noexcept;

/// Work at call time, for when there is no thread. Cost: a load, and a look at the clock where work
/// waits. Threads: any, holding no lock of the engine.
void poll() noexcept;

/// Gives back all that can be given back now. Returns whether anything went.
bool all() noexcept;

/// As all(), and takes the bins' empty spans back: for an allocation of `bytes` that found no
/// memory. Returns whether it is worth another try. Threads: any, holding no lock of the engine.
[[nodiscard]] bool reclaim(std::size_t bytes) noexcept;

/// How often, in milliseconds; `never` turns it off. Called before threads start.
void configure(std::uint32_t purge_ms, bool thread) noexcept;
inline constexpr std::uint32_t never = UINT32_MAX;
inline constexpr std::uint32_t default_ms = 400;

/// Keeps the sweep away while this lives, so that nothing moves between caches, bins and the system
/// but by the program's own calls.
class pause {
  public:
    pause() noexcept;
    ~pause();
    pause(const pause&) = delete;
    pause& operator=(const pause&) = delete;
};

/// No sweep from here on.
/// Moves twice with each sweep and is odd while one is at work: who reads several numbers between
/// which a sweep moves slots looks at it before and after. Threads: any.
[[nodiscard]] std::uint32_t sweeps() noexcept;

void before_fork() noexcept;
/// Nobody starts the thread from here on. After stop_threads(): a thread inside of a call may want
/// to start it, and stop_threads() waits for that call's end.
void keep_from_starting() noexcept;
void let_start() noexcept;
void after_fork() noexcept;
void in_child() noexcept;

} // namespace ebb::engine::purge
