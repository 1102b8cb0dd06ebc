// Regions: what the page heap takes from the system, a few large mappings.
//
// A region is 4 MiB at first and then a quarter of the heap, up to 1 GiB: few mappings
// (vm.max_map_count), little address space under a limit (RLIMIT_AS). Where the system refuses one,
// smaller ones are tried. Regions don't go back: their clean pages cost address space only.
//
// Threads: any. No lock is held while the system works.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ebb::engine::regions {

/// A region that is mapped and covered by the page map, but not yet one of the heap's.
struct region {
    region* older = nullptr;
    std::uintptr_t base = 0;
    std::size_t bytes = 0;
    void* descriptor = nullptr; ///< zeroed memory for one: its free run's
};

/// Maps a region that holds `blocks` at that alignment in bytes. Null without memory.
[[nodiscard]] region* map(std::size_t blocks, std::size_t alignment) noexcept;

/// Makes it one of the heap's. Callers take turns.
void enter(region* r) noexcept;

/// Bytes of all regions.
[[nodiscard]] std::uint64_t mapped() noexcept;

/// Calls `f(argument, base, bytes)` for every region.
void for_each(void (*f)(void* argument, std::uintptr_t base, std::size_t bytes),
              void* argument) noexcept;

} // namespace ebb::engine::regions
