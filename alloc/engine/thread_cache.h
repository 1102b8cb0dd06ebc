// A thread's cache: free slots of each bin that its calls take and give without a lock, and the
// thread's part of the ledger.
//
//     thread_cache | counters: one line | bins: top, floor, ceiling ... | slots of bin 0 | bin 1
//     ...
//
// A cache lives in metadata and is never unmapped: a snapshot may read it at any time. When its
// thread ends, its slots go to the central bins and it waits for another thread; its counters go
// on from where they stood, so that sums need no folding. In a forked child the caches of threads
// that aren't there wait likewise, with what they hold.
//
// Counters are written by their thread alone, relaxed loads and stores; readers sum them.
//
// Peaks. `requested` is this thread's own net sum. The sum over threads is known to the others up
// to what each has told: a thread tells when its own sum has moved by 64 KiB since. Within such a
// window the thread notes its highest, right before it frees; that makes the peak exact while one
// thread uses the heap, and keeps it within threads x 64 KiB otherwise.
#pragma once

#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/engine/page_map.h>
#include <ebb/alloc/engine/size_class.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace ebb::engine {

inline constexpr std::int64_t tell_quantum = 64 * kib;

/// A number that one thread writes and any reads.
template <class T>
class owned {
  public:
    constexpr owned() noexcept = default;
    [[nodiscard]] T get() const noexcept { return value_.load(std::memory_order_relaxed); }
    void set(T value) noexcept { value_.store(value, std::memory_order_relaxed); }
    void add(T value) noexcept { set(get() + value); }

  private:
    std::atomic<T> value_{};
};

/// The slots of a bin that a thread keeps, a stack that grows up from `floor` to `ceiling`, and
/// what the fast paths need of the bin's traits: one line of cache in all.
struct alignas(64) cache_bin {
    owned<void**> top;
    void** floor = nullptr;
    void** ceiling = nullptr;
    owned<std::int64_t> remainders; ///< bytes, net: what its blocks asked for less than their slots
    std::uint64_t inverse = 0;      ///< these three as in bin_traits
    std::uint32_t slot = 0;
    std::uint32_t span_mask = 0;
    std::uint32_t fill = 0; ///< how many slots the next refill asks for
};
static_assert(sizeof(cache_bin) == 64);

struct alignas(64) thread_cache {
    owned<std::int64_t> requested; ///< bytes, net: blocks may be freed by another thread
    owned<std::int64_t> slack;
    owned<std::uint64_t> allocations;
    owned<std::uint64_t> frees;
    owned<std::int64_t> highest; ///< of requested since told
    owned<std::int64_t> told;    ///< requested as the others know it
    std::int64_t tell_above = 0; ///< tell when requested leaves these bounds
    std::int64_t tell_below = 0;

    /// By the page map's tag: bins above largest_cached_slot, and what is no bin, have no room.
    cache_bin bins[page_entry::tag_count];

    owned<std::int64_t> large_blocks;
    owned<std::int64_t> large_requested;
    owned<std::int64_t> large_slack;
    std::atomic<span*> large{
        nullptr};                   ///< the last large block freed: the purge takes it by exchange
    span* large_seen = nullptr;     ///< the sweep's: what stood there at its last look
    thread_cache* older = nullptr;  ///< all caches, for readers
    std::atomic<bool> taken{false}; ///< has a thread

    /// Books what blocks of a bin leave of their slots.
    void leave(std::size_t bin, std::int64_t remainder) noexcept {
        slack.add(remainder);
        bins[bin].remainders.add(remainder);
    }
    /// Books bytes that are requested, or no longer, without a block that comes or goes.
    void grow(std::size_t bytes) noexcept {
        const std::int64_t now = requested.get() + static_cast<std::int64_t>(bytes);
        requested.set(now);
        if (now > tell_above) [[unlikely]] {
            tell();
        }
    }
    void shrink(std::size_t bytes) noexcept {
        const std::int64_t before = requested.get();
        if (before > highest.get()) {
            highest.set(before);
        }
        const std::int64_t now = before - static_cast<std::int64_t>(bytes);
        requested.set(now);
        if (now < tell_below) [[unlikely]] {
            tell();
        }
    }
    /// Books a large block that comes (`sign` 1) or goes (-1), but for requested and the calls.
    void hold_large(std::int64_t sign, std::size_t requested_bytes,
                    std::size_t span_bytes) noexcept;

    /// Tells the others what this thread holds.
    void tell() noexcept;
};

/// This thread's cache. Before its first call, and after its end, one without room: then the
/// fast paths fall through to the slow ones, which know what to do.
extern constinit thread_local thread_cache* current;

/// Takes a slot of a bin for this thread, whose cache has none. Null without memory.
[[nodiscard]] void* refill(thread_cache& cache, std::size_t bin) noexcept;

/// Gives a slot of a bin for which this thread's cache has no room.
void flush(thread_cache& cache, std::size_t bin, void* slot) noexcept;

/// The cache that this thread's bookings go to, made if need be. Where there is none (no memory,
/// the thread ends), a shared one: hold it while using it.
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
    bool own_;
};

/// Empties this thread's cache into the central bins.
void flush_own_cache() noexcept;

/// Takes large blocks that threads kept since the last look (all of them: `now`) to the page heap.
/// Returns whether some are kept on.
bool reclaim_large(bool now) noexcept;

/// Whether some thread's cache holds that slot.
[[nodiscard]] bool cached_anywhere(std::size_t bin, const void* slot) noexcept;

/// The sums over all threads.
struct thread_totals {
    std::int64_t requested = 0;
    std::int64_t slack = 0;
    std::uint64_t allocations = 0;
    std::uint64_t frees = 0;
    std::int64_t peak_requested = 0;
};
[[nodiscard]] thread_totals read_threads() noexcept;

struct bin_totals {
    std::int64_t remainders = 0;    ///< what its blocks asked for less than their slots
    std::uint64_t cached_slots = 0; ///< in threads' caches
};
[[nodiscard]] bin_totals read_bin(std::size_t bin) noexcept;

struct large_totals {
    std::int64_t blocks = 0;
    std::int64_t requested = 0;
    std::int64_t slack = 0;
    std::uint64_t kept_bytes = 0; ///< of free blocks that threads keep
};
[[nodiscard]] large_totals read_large() noexcept;

/// Ends this thread's use of its cache: libc calls it as the thread ends. Later calls of the thread
/// go to the central bins.
void end_thread() noexcept;

/// Calls `f(argument, bin, slot)` for every cached slot. Requires: no other thread allocates.
void for_each_cached(void (*f)(void* argument, std::size_t bin, void* slot),
                     void* argument) noexcept;

void caches_before_fork() noexcept;
void caches_after_fork() noexcept;
void caches_in_child() noexcept;

} // namespace ebb::engine
