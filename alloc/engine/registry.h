// Threads and their caches: who has which, and what they hold in all.
//
// When a thread ends, its slots go to the central bins and its cache waits for another thread; the
// counters go on from where they stood, so that sums need no folding.
//
// Stopping. A thread that goes to sleep after a peak would keep slots, and each of them a page. So
// the sweep empties the caches of threads that made no call since its last look, and a fork waits
// until no thread is inside of a call, so that the child finds everything whole. A thread's call
// says `busy`, a plain store; whoever stops it sets `stopped`, has every processor pass a barrier
// (os/barrier.h), closes the bounds that every call compares with, has a barrier pass once more,
// and then looks at `busy`. Where the kernel has no such barrier, sleeping threads keep what they
// have and a fork doesn't wait.
//
// Threads: any.
#pragma once

#include <ebb/alloc/engine/thread_cache.h>

#include <cstddef>
#include <cstdint>

namespace ebb::engine {

/// This thread's cache. Before its first call, and after its end, one without room: then the
/// fast paths fall through to the slow ones, which know what to do.
extern constinit thread_local thread_cache* current;

/// Whether that is one with room.
[[nodiscard]] bool has_cache() noexcept;

/// A call of this thread, open while this lives: the cache that it books on, made if need be.
/// Where there is none (no memory, the thread ends), a shared one behind a lock.
/// Waits while the thread is stopped. Not to be nested.
class booking {
  public:
    booking() noexcept;
    ~booking();
    booking(const booking&) = delete;
    booking& operator=(const booking&) = delete;
    thread_cache* operator->() const noexcept { return cache_; }
    thread_cache& operator*() const noexcept { return *cache_; }

  private:
    thread_cache* cache_;
    bool own_ = true;
};

/// Ends this thread's use of its cache: libc calls it as the thread ends. Later calls of the thread
/// go to the central bins.
void end_thread() noexcept;

/// What a sweep does to the caches of other threads: it always empties those that have no thread,
/// and those whose threads made no call since the last one;
enum class sweep_of {
    idle, ///< no more than that
    aged, ///< of the others, it ages the bins
    all,  ///< it empties the others too
};

/// Returns whether some cache may hold slots still, that a later sweep could empty.
bool empty_caches(sweep_of which) noexcept;

/// Whether some thread's cache or quarantine holds that slot.
[[nodiscard]] bool cached_anywhere(std::size_t bin, const void* slot) noexcept;

/// The sums over all threads. Cost: a line of cache a thread.
struct thread_totals {
    std::int64_t requested = 0;
    std::int64_t slack = 0;
    std::int64_t dead = 0;
    std::uint64_t allocations = 0;
    std::uint64_t frees = 0;
    std::int64_t peak_requested = 0;
};
[[nodiscard]] thread_totals read_threads() noexcept;

struct bin_totals {
    std::int64_t remainders = 0;    ///< what its blocks asked for less than their slots
    std::uint64_t cached_slots = 0; ///< in threads' caches and quarantines
};
[[nodiscard]] bin_totals read_bin(std::size_t bin) noexcept;

struct large_totals {
    std::int64_t blocks = 0;
    std::int64_t requested = 0;
    std::int64_t slack = 0;
    std::uint64_t kept_bytes = 0; ///< of free blocks that threads keep
};
[[nodiscard]] large_totals read_large() noexcept;

/// Once, from the library's constructor: makes ready for stopping, and for a single thread's
/// cheaper way to tell.
void begin_alone() noexcept;

/// Keeps every other thread out of its cache, and out of the rest of the engine's slow paths, until
/// resume_threads. Requires: the caller is in no call of its own. Threads: callers take turns.
void stop_threads() noexcept;
void resume_threads() noexcept;

/// In a forked child, instead of resume_threads: the other threads aren't there.
void forget_threads() noexcept;

} // namespace ebb::engine
