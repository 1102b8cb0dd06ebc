// Blocks that left before the next malloc could tell their size: tcmalloc answers malloc from the
// first call on, but malloc_usable_size is 0 until its own constructor has run, and other
// libraries' constructors run before it (libLLVM's take 4,000 blocks, the C++ library's one of
// 72,704 bytes).
//
// Such a block counts with its requested bytes and 0 usable ones, and stands in a list until the
// thread that made it calls with a block whose size is told. Where no memory can be had for the
// list, usable bytes are unknown from then on; until its size is told, they are unknown as well. A
// process is taken to have one thread until then: an early block that another one gives back counts
// as full. Cost: none later. Threads: any; a lock.
#pragma once

#include <cstddef>

namespace ebb::counted::early {

/// The next malloc tells sizes: what has none now is a block of 0 bytes.
void end() noexcept;

/// The next malloc will never tell a size: requested and usable bytes are absent for good.
void never_ends() noexcept;

/// Notes a block without a size that is about to be charged with `requested` and 0 usable bytes.
void keep(void* p, std::size_t requested) noexcept;

/// Takes a block out of the list: its requested bytes; 0 when it isn't there.
[[nodiscard]] std::size_t take(void* p) noexcept;

/// Puts right all noted blocks, if the next malloc tells the size of this one.
void settle(void* p) noexcept;

/// Whether the size of every live block is known.
[[nodiscard]] bool are_settled() noexcept;

} // namespace ebb::counted::early
