// chunks: how arenas ask their upstream, and the system's chunks that wait for the next arena.
//
// An arena that is made for a request and ended with it takes a chunk or five and gives them back:
// at the system that is a mapping, a page fault for each page touched, and an unmapping, 9 us for a
// bump. So chunks of 64, 128 and 256 KiB that came from system_pages() wait, their pages in memory,
// up to 2.5 MiB in the whole process. No arena's ledger holds them.
// Costs: a look at up to sixteen words for a chunk; no lock.
// Threads: any.
#pragma once

#include <cstddef>
#include <memory_resource>

namespace ebb::chunks {

/// Asks an upstream. Throws std::bad_alloc when it has none; for more than PTRDIFF_MAX bytes it
/// isn't asked. Stops the program, and names the chunk, where that isn't aligned as it was asked
/// for.
[[nodiscard]] void* ask(std::pmr::memory_resource& upstream, std::size_t bytes,
                        std::size_t alignment);

/// As ask, or a chunk that waited, whose bytes are anything. Requires, for the latter: `bytes` and
/// `alignment` the same as when it was given.
[[nodiscard]] void* take(std::pmr::memory_resource& upstream, std::size_t bytes,
                         std::size_t alignment);
/// Gives a chunk that take() or ask() gave back to its upstream, or lets it wait.
void give(std::pmr::memory_resource& upstream, void* chunk, std::size_t bytes,
          std::size_t alignment) noexcept;

/// Gives all that waits back to the system.
void trim() noexcept;

} // namespace ebb::chunks
