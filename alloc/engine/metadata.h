// Memory for the engine's own tables: descriptors, leaves of the page map, threads' caches.
//
// Taken from the system in chunks of 256 KiB that never go back, handed out from their front;
// descriptors that were given back are kept by size. All of it is the ledger's `overhead`.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ebb::engine::metadata {

/// Zeroed bytes aligned to 64, or null without memory (errno as the system left it).
/// Threads: any; takes the metadata lock.
[[nodiscard]] void* allocate(std::size_t bytes) noexcept;

/// Takes back what allocate gave, for a later allocate of the same size. No lock.
/// Requires: bytes <= 1024.
void deallocate(void* p, std::size_t bytes) noexcept;

/// The same, mapped for itself: for large tables, and without a lock.
[[nodiscard]] void* map_apart(std::size_t bytes) noexcept;

/// Makes whole pages of the system's the tables' for good; returns where behind their header they
/// begin. No lock.
void* enter(void* pages, std::size_t bytes) noexcept;

/// Bytes taken from the system so far.
[[nodiscard]] std::uint64_t mapped() noexcept;

/// Bytes of it that the kernel holds in memory.
[[nodiscard]] std::uint64_t resident() noexcept;

} // namespace ebb::engine::metadata
