// Blocks for whoever looks up the next malloc: dlsym may itself allocate, before there is anything
// to allocate from. On the way: the first steps of counted/next.h, nobody else.
//
//     [ 16 bytes: the block's size | the block ][ ... ]        64 KiB, constant-initialised
//
// What leaves never comes back: it is a block or two a process. It is nothing that the program
// asked for, and isn't counted (glibc's dlsym takes 32 bytes before 2.34).
#pragma once

#include <ebb/alloc/base/bytes.h>

#include <cstddef>

namespace ebb::counted::bootstrap {

inline constexpr std::size_t arena_bytes = 64 * kib;
inline constexpr std::size_t head_bytes = 16;

extern constinit std::byte arena[arena_bytes];

/// Whether `p` is one of these blocks. Cost: a subtraction and a comparison.
[[nodiscard]] inline bool owns(const void* p) noexcept {
    return distance_bytes(arena, p) < arena_bytes;
}

/// Zeroed, aligned to `alignment` (16 at least); null when the arena is used up.
/// Threads: any.
[[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment) noexcept;

/// Its usable bytes: what was asked for, in whole units of 16. Requires: `owns(p)`.
[[nodiscard]] std::size_t size(const void* p) noexcept;

} // namespace ebb::counted::bootstrap
