// Giving pages back: the whole policy. How pages leave spans and runs is their owners' (central.h,
// page_heap.h).
//
// Waiting is a page that holds no block and may be resident: in a free run, or under slots that are
// free. (sums::waiting counts them.)
//
// 1. Whoever frees gives back. Where more waits than the bound allows, the slow call that finds so
//    gives pages back until a little less waits (1 MiB, or an eighth of the bound), at most 2 MiB
//    at a time where other threads exist. Threads may do that side by side; nobody waits for
//    another. Before, it empties its own cache, and every other thread does in its next slow call:
//    a slot that lies in a cache holds its page.
// 2. The bound learns. It is never below the larger of 1 MiB and 3 % of what is requested. Pages
//    that are needed within purge_ms (400 ms) after as many were given back raise it by their
//    bytes: after one tooth of a saw it is as high as the swing. After each purge_ms in which slow
//    calls came it falls by half of the least that waited throughout. purge_ms:0 fixes it at its
//    floor, `never` lifts it.
// 3. Bins of a cache age. In a thread's slow calls, every purge_ms, bins that hold what they held
//    the last time are emptied.
// 4. ebb's own thread (companion.h), where there is one, gives back what waited for purge_ms within
//    the bound, empties the caches of threads that sleep, and ages the others' bins.
//
// 5. Pages that slots in caches alone hold are found as memory falls, and count from then on. Where
//    what is requested in slots has fallen by 64 KiB a thread and by a 64th, the caller's cache and
//    the loose slots go to their spans, every other thread's cache in its next slow call. Where no
//    pages went after that, the next trim comes after twice as far a fall, up to 4 MiB or what all
//    caches may hold; after 4 MiB also where pages that were given back were needed again. With
//    several threads a fall below half of what stood above 1 MiB is always one. Blocks larger than
//    any slot don't count: they lie in no cache's stacks.
//
// 6. A block of 1 GiB or more goes at once, addresses and all, whatever the bound has learned. Its
//    program may have touched little of it, and asleep it would keep the addresses, for which
//    limits and strict overcommit make it pay.
//
// Without that thread, an idle process keeps the bound. A program that falls asleep inside of a
// saw-tooth keeps one tooth.
//
// What it trades. A page fault costs 1.9 us on one machine and 15 to 19 us on another of the same
// kind, `madvise` 0.09 us a page in long runs and 1.2 us for a lone page. A saw-tooth of 100 MB
// without a pause would pay 25,600 of both in each tooth if nothing were learned; it pays for two
// teeth. Figures: README of this folder.
#pragma once

#include <ebb/alloc/engine/forks.h>

#include <cstddef>
#include <cstdint>

namespace ebb::engine::purge {

inline constexpr std::uint32_t never = UINT32_MAX;
inline constexpr std::uint32_t default_ms = 400;

/// Sets purge_ms. Called before threads start.
void configure(std::uint32_t purge_ms) noexcept;
[[nodiscard]] std::uint32_t purge_ms() noexcept;

/// At the end of every slow call, outside of it: rules 1 to 3. Cost: a few loads; every 16th time a
/// look at the clock. Threads: any, holding no lock of the engine.
void poll() noexcept;

/// Bytes that may wait now.
[[nodiscard]] std::int64_t bound() noexcept;

/// Whether a large block of so many bytes that is freed doesn't wait: rule 6.
[[nodiscard]] bool goes_at_once(std::size_t bytes) noexcept;

/// Gives back what exceeds the bound.
void relieve() noexcept;

/// Rule 4, once. Returns whether anything waits on, or may come to.
bool sweep() noexcept;

/// Gives back all that can be given back now. Returns whether anything went.
bool all() noexcept;

/// As all(), and takes the bins' empty spans back: for an allocation of `bytes` that found no
/// memory. Returns whether it is worth another try. Threads: any, holding no lock of the engine.
[[nodiscard]] bool reclaim(std::size_t bytes) noexcept;

/// Keeps sweeps away while this lives, so that nothing moves between caches, bins and the system
/// but by the program's own calls.
class pause {
  public:
    pause() noexcept;
    ~pause();
    pause(const pause&) = delete;
    pause& operator=(const pause&) = delete;

  private:
    slow_call here_;
};

/// Moves with each sweep of caches and is odd while one is at work: who reads several numbers
/// between which a sweep moves slots looks at it before and after. Threads: any.
[[nodiscard]] std::uint32_t sweeps() noexcept;

} // namespace ebb::engine::purge
