// A thread's cache: free slots of each bin that its calls take and give without a lock, and the
// thread's part of the ledger.
//
//     thread_cache | counters: one line | bins: top, floor, ceiling ... | slots of bin 0 | bin 1
//     ...
//
// A cache lives in metadata and is never unmapped: a snapshot may read it at any time. Who has
// which cache, and how a thread is kept out of its own for a moment: registry.h.
//
// Counters are written by their thread alone, relaxed loads and stores; readers sum them.
//
// Peaks. `requested` is this thread's own net sum. The sum over threads is known to the others up
// to what each has told: a thread tells when its own sum has moved by 64 KiB since. Within such a
// window the thread notes its highest, right before it frees; that makes the peak exact while one
// thread uses the heap, and keeps it within threads x 64 KiB otherwise.
#pragma once

#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/engine/detour_step.h>
#include <ebb/alloc/engine/hardened.h>
#include <ebb/alloc/engine/owned.h>
#include <ebb/alloc/engine/page_map.h>
#include <ebb/alloc/engine/shared.h>
#include <ebb/alloc/engine/size_class.h>
#include <ebb/alloc/engine/span.h>
#include <ebb/alloc/os/thread_records.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace ebb::engine {

inline constexpr std::int64_t tell_quantum = 64 * kib;

/// The slots of a bin that a thread keeps, a stack that grows up from `floor` to `ceiling`, and
/// what the fast paths need of the bin's traits: one line of cache in all.
struct alignas(64) cache_bin {
    owned<void**> top;
    void** floor = nullptr;
    owned<void**> ceiling;
    owned<std::int64_t> remainders; ///< bytes, net: what its blocks asked for less than their slots
    std::uint64_t inverse = 0;      ///< as in bin_traits, as are slot and span_mask + 1
    std::uint64_t limit = 0;        ///< of a span's slots; 0 for what is no bin
    std::uint32_t slot = 0;
    std::uint32_t span_mask = 0;
    std::uint32_t short_limit = 0; ///< the largest remainder that the last byte alone holds
    std::uint32_t seen = 0;        ///< how many slots lay here when the cache was last aged
};
static_assert(sizeof(cache_bin) == 64);

struct alignas(64) thread_cache {
    constexpr thread_cache() noexcept = default;
    explicit constexpr thread_cache(os::record_owner::everybody all) noexcept : owner(all) {}

    /// By the page map's tag: what is no bin has no room.
    cache_bin bins[page_entry::tag_count];

    owned<std::int64_t> requested; ///< bytes, net: blocks may be freed by another thread
    owned<std::int64_t> slack;
    owned<std::uint64_t> allocations;
    owned<std::uint64_t> frees;
    owned<std::int64_t> highest;      ///< of requested since told
    owned<std::int64_t> tell_above;   ///< tell when requested leaves these bounds; close() is
    owned<std::int64_t> tell_below;   ///< another thread's writing to them
    shared<std::uintptr_t> busy{0};   ///< what its thread's call does: below
    shared<std::uint32_t> stopped{0}; ///< its thread is to wait before its next call

    shared<std::uint32_t> inside{0}; ///< its thread is in a slow_call (forks.h)

    owned<std::int64_t> told;          ///< requested as the others know it
    owned<std::int64_t> told_in_slots; ///< of that, what large blocks don't hold
    owned<std::int64_t> large_blocks;
    owned<span*> large; ///< the last large block freed, for the next of its size
    owned<std::int64_t> large_requested;
    owned<std::uint64_t> kept_bytes; ///< the span's of `large`, which readers must not look at
    owned<std::int64_t> large_slack;
    thread_cache* next = nullptr; ///< all caches, for readers; the registry's, as is
    os::record_owner owner;       ///< who has it
    std::uint64_t calls_seen = 0; ///< the sweep's: what calls() was at its last look
    owned<std::int64_t> dead;     ///< bytes of slots in quarantine (hardened)
    std::conditional_t<hardened, quarantine, no_quarantine> waiting;
    std::uint64_t calls_released = 0; ///< what calls() was when its stacks' pages went
    std::uint64_t calls_emptied = 0;  ///< the sweep's: what calls() was when it emptied the cache

    // What its slow calls look at (cache_room.h, purge.h).
    std::int64_t granted = 0;       ///< bytes that it may hold, of sums::granted
    std::int64_t room_of_large = 0; ///< of those, for `large`
    std::size_t next_to_narrow = 0; ///< the bin whose room goes next
    std::uint32_t hungry_seen = 0;
    std::uint32_t slow_calls = 0;
    std::uint32_t aged_at = 0; ///< milliseconds
    std::uint32_t shrink_seen = 0;
    const span* large_seen = nullptr; ///< what `large` was when the cache was last aged

    /// Slots of each bin that came from the central one, less those that went there: so what the
    /// thread holds, net, is this less the height of its stack (mend.h).
    std::int64_t received[bin_count] = {};
    owned<std::int64_t> mapped;      ///< bytes of blocks that came on the detour
    owned<std::uint64_t> late_bytes; ///< of large blocks in `late`
    detour_step step;                ///< what its thread does while another forks
    late_frees late;
    spare_descriptors spare;
    owned<bool> detoured; ///< it has something to do for its thread's next slow call

    // What `busy` says, but for 0. A fast call says where the top of its stack stands; of those, a
    // free sets the lowest bit as well.
    static constexpr std::uintptr_t in_slow_call = 1;
    static constexpr std::uintptr_t on_detour = 2;
    [[nodiscard]] static std::uintptr_t allocates_at(void** top) noexcept {
        return address_of(top);
    }
    [[nodiscard]] static std::uintptr_t frees_at(void** top) noexcept {
        return address_of(top) | 1;
    }

    /// Opens a call of its thread. A fast one goes on only if requested stays within its bounds.
    void begin_call(std::uintptr_t what) noexcept {
        busy.store(what, std::memory_order_relaxed);
        // Against the compiler alone. What the processor may reorder, the stopper's barriers on all
        // processors put in order: either it sees `busy`, or this sees `stopped` and the bounds.
        std::atomic_signal_fence(std::memory_order_seq_cst);
    }
    /// The same for others, without a look at the bounds. False: it must wait (booking does).
    [[nodiscard]] bool enter(std::uintptr_t what = in_slow_call) noexcept {
        begin_call(what);
        return stopped.load(std::memory_order_acquire) == 0;
    }
    void leave() noexcept { busy.store(0, std::memory_order_release); }

    /// Whether it can have room for slots. One without stands for threads that have no cache, and
    /// nothing but `busy` is written to it.
    [[nodiscard]] bool has_stacks() const noexcept { return bins[1].floor != nullptr; }

    /// Moves with every call that books.
    [[nodiscard]] std::uint64_t calls() const noexcept { return allocations.get() + frees.get(); }

    /// Shuts the fast paths of a stopped thread's calls, by bounds that nothing is within: so they
    /// look at nothing but what they compare anyway (0.3 ns a pair).
    void close() noexcept {
        tell_above.set(INT64_MIN);
        tell_below.set(INT64_MAX);
    }
    [[nodiscard]] bool closed() const noexcept { return tell_above.get() == INT64_MIN; }

    /// Books what blocks of a bin leave of their slots. The bin's sum comes first: mend.h.
    void leave_of_slot(std::size_t bin, std::int64_t remainder) noexcept {
        bins[bin].remainders.add(remainder);
        std::atomic_signal_fence(std::memory_order_seq_cst);
        slack.add(remainder);
    }
    /// Books bytes that are requested, or no longer, without a block that comes or goes.
    void grow(std::size_t bytes) noexcept {
        const std::int64_t now = requested.get() + static_cast<std::int64_t>(bytes);
        requested.set(now);
        if (now > tell_above.get()) [[unlikely]] {
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
        if (now < tell_below.get()) [[unlikely]] {
            tell();
        }
    }
    /// Makes a span the one that is kept, or none.
    void keep(span* s) noexcept {
        large.set(s);
        kept_bytes.set(s == nullptr ? 0 : s->bytes());
    }

    /// Books a large block that comes (`sign` 1) or goes (-1), but for requested and the calls.
    void hold_large(std::int64_t sign, std::size_t requested_bytes,
                    std::size_t span_bytes) noexcept {
        const auto left = sign * static_cast<std::int64_t>(span_bytes - requested_bytes);
        large_blocks.add(sign);
        large_requested.add(sign * static_cast<std::int64_t>(requested_bytes));
        large_slack.add(left);
        slack.add(left);
    }

    /// Checks the slot that waited longest and lets it go.
    void leave_quarantine(const void* slot, std::size_t bin) noexcept;

    /// Tells the others what this thread holds, and sets its bounds anew.
    void tell() noexcept;
};

/// What all threads have told, how much of that slots hold, and the highest that they made of it.
extern constinit shared<std::int64_t> told_sum;
extern constinit shared<std::int64_t> told_sum_in_slots;
extern constinit shared<std::int64_t> told_peak;

/// Whether one thread writes these, which then needs no atomic read-modify-write (a 1 MiB pair
/// tells twice: 50 ns with, 31 without).
extern constinit shared<bool> alone;

/// A cache without slots. Null without memory. Threads: callers take turns.
[[nodiscard]] thread_cache* make_cache() noexcept;

/// Takes a slot of a bin for this thread, whose cache has none; the cache may get more of them.
/// Null without memory.
[[nodiscard]] void* refill(thread_cache& cache, std::size_t bin) noexcept;

/// Gives a slot of a bin for which this thread's cache has no room.
void flush(thread_cache& cache, std::size_t bin, void* slot) noexcept;

/// Empties a cache into the central bins and the page heap, its quarantine too; its bins keep their
/// room. Requires: its thread is the caller, or stopped.
void empty(thread_cache& cache) noexcept;

/// The same, but what waits in quarantine waits on.
void empty_bins(thread_cache& cache) noexcept;

/// Empties the bins of a cache in which as many slots lie as at the last call: slots that nobody
/// needed meanwhile, or as many as were needed. Requires: as for empty().
void age(thread_cache& cache) noexcept;

/// Gives the large block that a cache keeps, if any, to the page heap. Requires: as for empty().
void empty_large(thread_cache& cache) noexcept;

/// Gives what was freed while another thread forked to its bins and the page heap. Requires: as for
/// empty().
void empty_late(thread_cache& cache) noexcept;

/// The same in two steps, for a cache behind a lock: a block leaves the list, and goes to its bin
/// or the page heap. Null where there is none. Requires, for the first: as for empty().
[[nodiscard]] void* take_late(thread_cache& cache) noexcept;
void settle_late(void* block) noexcept;

/// The same, and makes the cache ready for the next detour. Requires: as for empty().
void end_detour(thread_cache& cache) noexcept;

/// Gives the slots that lay longest in a bin to the central one. Requires: as for empty(), and so
/// many lie there.
void give_oldest(thread_cache& cache, std::size_t bin, std::size_t count) noexcept;

/// Gives the pages behind an empty cache's stacks to the system, if they were used since: up to 190
/// KiB that a thread touched in its life. Requires: as for empty().
void release_slots(thread_cache& cache) noexcept;

} // namespace ebb::engine
