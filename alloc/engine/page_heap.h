// The page heap: runs of 64 KiB blocks, cut from regions of the system's pages (regions.h) and kept
// while they are free (free_space.h).
//
// Dirty runs serve first, since their pages need no fault (1 to 20 microseconds each). Which of
// them go to the system, and when, says purge.h; they are clean then.
//
// Cost: a lock, and a few lines of cache a run. Threads: any. The lock isn't held while the system
// works, so nobody waits for more than a few list operations.
#pragma once

#include <ebb/alloc/engine/span.h>
#include <ebb/alloc/os/pages.h>

#include <cstddef>
#include <cstdint>

namespace ebb::engine::page_heap {

/// A span of slots of that bin, all free. Null without memory.
[[nodiscard]] span* take_slots(std::size_t bin) noexcept;

/// A span for one block of `bytes`, aligned. `requested` is the caller's to set. Null without
/// memory.
[[nodiscard]] span* take_large(std::size_t bytes, std::size_t alignment) noexcept;

/// Takes a span back, of slots or large; its descriptor is gone after that.
void give(span* s) noexcept;

/// Takes a large block back and gives its addresses to the system. Where that refuses them it is
/// free memory like any other.
void give_at_once(span* s) noexcept;

/// While this lives, the caller's give() keeps spans with a guard back, which a system call takes
/// off: for callers that hold a lock.
class guards_later {
  public:
    guards_later() noexcept;
    ~guards_later();
    guards_later(const guards_later&) = delete;
    guards_later& operator=(const guards_later&) = delete;

  private:
    friend void give(span* s) noexcept;
    intrusive_list<span> spans_;
};

/// Makes a large span hold `bytes` where it stands: cuts its end off, or takes what is free behind
/// it. False, nothing changed, when that isn't free.
[[nodiscard]] bool resize(span* s, std::size_t bytes) noexcept;

/// Moves the pages of a large span to the front of a longer one, without touching them; their
/// addresses go back to the system, and `from` is gone. Where the system can't, nothing changes, or
/// `to` is gone (os::moved).
[[nodiscard]] os::moved move(span* from, span* to) noexcept;

/// Makes a large span hold `bytes`, more than it does, at other addresses: for want of memory for a
/// second one. False, nothing changed, where the system can't. Cost: as copying it.
[[nodiscard]] bool relocate(span* s, std::size_t bytes) noexcept;

/// Gives the system the dirty run that waited longest, if that is `age` milliseconds or more, but
/// no more than `most` bytes of it. Of long runs the addresses go too, and trim() does the rest.
struct given {
    std::size_t bytes = 0;   ///< that it tried to give
    std::size_t touched = 0; ///< of those, at most: a program touches little of some blocks
};
given give_back(std::size_t most, std::uint32_t now, std::uint32_t age) noexcept;

/// A large block or a free run.
struct extent {
    std::size_t bytes = 0;
    bool live = false; ///< the program's
};
/// The one that begins at that address; no bytes where none does.
[[nodiscard]] extent extent_at(std::uintptr_t address) noexcept;

/// Gives addresses of clean runs back to the system, longest first, until they are no more than 48
/// MiB or a quarter of what is in use.
void trim() noexcept;

/// Lets give_back() ask again for what the system refused.
void forget_refusals() noexcept;

struct free_totals {
    std::uint64_t dirty_bytes;
    std::uint64_t clean_bytes;
};
[[nodiscard]] free_totals free_runs_now() noexcept;

/// Stops the program unless every region is free runs and spans, end to end.
void validate() noexcept;

} // namespace ebb::engine::page_heap
