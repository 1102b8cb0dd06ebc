// Regions: what the page heap takes from the system, a few large mappings, and how much that is.
//
// A region is 4 MiB at first and then a quarter of the heap, up to 1 GiB: few mappings
// (vm.max_map_count). Where the system refuses one, smaller ones are tried. Once it is the heap's a
// region is nothing of its own: its blocks join with those of its neighbours, and any of them may
// go back to the system (page_heap.h). Where there are blocks, the page map says.
//
// Threads: any. No lock is held while the system works.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ebb::engine::regions {

/// Addresses that are mapped and covered by the page map, but not yet the heap's.
struct region {
    std::uintptr_t base = 0; ///< 0: there is no memory
    std::size_t bytes = 0;
    void* descriptor = nullptr; ///< zeroed memory for one: its free run's
};

/// Maps a region that holds `blocks` at that alignment in bytes.
[[nodiscard]] region map(std::size_t blocks, std::size_t alignment) noexcept;

/// Counts blocks that become the heap's. Callers take turns.
void add(std::size_t bytes) noexcept;

/// Counts blocks that it has no longer. Callers take turns. `total` is all that the engine has
/// mapped, these included: it stood highest right before one of these calls, or stands so now.
void subtract(std::size_t bytes, std::uint64_t total) noexcept;

/// Bytes of all blocks, those that came on the detour (detour.h) included. Any thread.
[[nodiscard]] std::uint64_t mapped() noexcept;

/// The highest that the engine had mapped, of which `total` is what it has now. Any thread.
[[nodiscard]] std::uint64_t peak(std::uint64_t total) noexcept;

} // namespace ebb::engine::regions
