// Threads and their caches: who has which, and what they hold in all.
//
// When a thread ends, its slots go to the central bins and its cache waits for another thread; the
// counters go on from where they stood, so that sums need no folding.
//
// Stopping. A thread that goes to sleep after a peak would keep slots, and each of them a page. So
// the sweep empties the caches of threads that made no call since its last look. A thread's call
// says `busy`, a plain store; whoever stops it sets `stopped`, has every processor pass a barrier
// (os/barrier.h), closes the bounds that every call compares with, has a barrier pass once more,
// and then looks at `busy`. Where the kernel has no such barrier, sleeping threads keep what they
// have.
//
// A forked child is a new generation of the process. A cache that a thread of an earlier one had is
// nobody's: so the child needn't write to any of them (a page each).
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
[[nodiscard]] inline bool has_cache() noexcept {
    return current->has_stacks();
}

/// A call of this thread, open while this lives, and its cache, made if need be. Where there is
/// none (no memory, the thread ends), one without room, and the books are kept by all such threads
/// in common. Waits while the thread is stopped. Not to be nested. Requires: inside of a slow_call.
class booking {
  public:
    booking() noexcept : cache_(current) {
        if (!cache_->has_stacks() || !cache_->enter()) [[unlikely]] {
            begin_slowly();
        }
        if (cache_->closed()) [[unlikely]] {
            cache_->tell();
        }
    }
    ~booking() { own_ ? cache_->leave() : leave_common(); }
    booking(const booking&) = delete;
    booking& operator=(const booking&) = delete;

    /// Takes slots and blocks, and gives them.
    thread_cache& operator*() const noexcept { return *cache_; }

    /// Calls `f(cache)` of the cache that says what the thread holds. It may be behind a lock: so
    /// `f` makes no system call.
    template <class F>
    void write(F&& f) const noexcept {
        f(begin_to_write());
        end_to_write();
    }

  private:
    [[nodiscard]] thread_cache& begin_to_write() const noexcept {
        return own_ ? *cache_ : begin_in_common();
    }
    void end_to_write() const noexcept {
        if (!own_) {
            end_in_common();
        }
    }
    void begin_slowly() noexcept;
    static void leave_common() noexcept;
    [[nodiscard]] static thread_cache& begin_in_common() noexcept;
    static void end_in_common() noexcept;

    thread_cache* cache_;
    bool own_ = true;
};

/// The same on the detour (detour.h): never makes a cache.
class detour_booking {
  public:
    detour_booking() noexcept;
    ~detour_booking();
    detour_booking(const detour_booking&) = delete;
    detour_booking& operator=(const detour_booking&) = delete;
    thread_cache* operator->() const noexcept { return cache_; }
    thread_cache& operator*() const noexcept { return *cache_; }

  private:
    thread_cache* cache_;
};

/// Ends this thread's use of its cache. Later calls of the thread go to the central bins. Where the
/// cache isn't empty, what lies in it waits for its next thread, or a sweep. Requires: no call.
void leave_cache() noexcept;

/// Whether a thread other than the caller is in a slow call, as far as its cache says.
[[nodiscard]] bool others_are_in_slow_calls() noexcept;

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

/// In a forked child: the other threads aren't there, and what they were in the middle of is
/// finished or undone. `in_call`: the caller is inside of a slow call itself, by a signal.
/// Cost: a line of cache for each thread that ever was.
void forget_threads(bool in_call) noexcept;

/// Whether that worked in every fork that led here. Else what threads counted is unknown.
[[nodiscard]] bool books_are_known() noexcept;

/// Stops the program unless each thread's sums are what follows from its slots. Requires: threads
/// are stopped.
void check_books() noexcept;

} // namespace ebb::engine
