// The page heap: runs of 64 KiB blocks, cut from regions of the system's pages.
//
// A free run is dirty (its pages may be resident) or clean (zeroes that cost nothing). Runs join
// with free neighbours of their kind, across regions too. Dirty runs serve first, since their pages
// need no fault (1 to 2 microseconds each); what nobody took for purge_ms becomes clean.
// A region is 4 MiB at first and then a quarter of the heap, up to 1 GiB: few mappings
// (vm.max_map_count), little address space under a limit (RLIMIT_AS). Where the system refuses
// one, smaller ones are tried. Regions don't go back: their clean pages cost address space only.
//
// Cost: a lock, and a few lines of cache a run. Threads: any.
#pragma once

#include <ebb/alloc/engine/span.h>

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

/// Makes a large span hold `bytes` where it stands: cuts its end off, or takes what is free behind
/// it. False, nothing changed, when that isn't free.
[[nodiscard]] bool resize(span* s, std::size_t bytes) noexcept;

/// Gives the system the dirty runs that were given up `age` milliseconds ago or earlier.
/// Returns whether dirty runs are left.
bool purge(std::uint32_t now, std::uint32_t age) noexcept;

/// Bytes of free runs whose pages may be resident.
[[nodiscard]] std::uint64_t dirty_bytes() noexcept;

/// Bytes of all regions, and the most that ever were.
[[nodiscard]] std::uint64_t mapped() noexcept;

/// Calls `f(span)` for each free run, and `block(address)` never: spans in use are their owners'.
struct free_totals {
    std::uint64_t dirty_bytes;
    std::uint64_t clean_bytes;
    std::uint64_t resident_bytes; ///< by the kernel's word, when asked for
};
[[nodiscard]] free_totals free_runs_now(bool ask_kernel) noexcept;

/// Calls `f(argument, base, bytes)` for every region.
void for_each_region(void (*f)(void* argument, std::uintptr_t base, std::size_t bytes),
                     void* argument) noexcept;

/// Stops the program unless every region is free runs and spans, end to end.
void validate() noexcept;

void before_fork() noexcept;
void after_fork() noexcept;
void in_child() noexcept;

} // namespace ebb::engine::page_heap
