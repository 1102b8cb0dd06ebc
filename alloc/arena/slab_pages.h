// slab_pages: ranges of addresses, aligned to their size, for stores of small blocks that take and
// give back single pages (maps/hash/node_store.h).
//
// A slab has no memory until its pages are touched. It belongs to no arena: it may outlive the one
// that it was made for, and any thread may end it. What a store holds of it is on an arena's
// account: slab_arena.
// Costs: map and unmap a few dozen instructions and a region's mapping now and then
// (page_ranges.h); release one system call, or one for many ranges.
#pragma once

#if __cplusplus < 201709L // what g++ 10 says of C++20
#error "ebb needs C++20: compile with -std=c++20 or a later standard"
#else

#include <ebb/alloc/arena/arena.h>
#include <ebb/alloc/base/bytes.h>

#include <concepts>
#include <cstddef>

namespace ebb::slab_pages {

/// Addresses for `bytes`, a power of two from a page to page_ranges::most_alignment, aligned to
/// them; zeroed when touched, never in huge pages. Throws std::bad_alloc.
[[nodiscard]] void* map(std::size_t bytes);
/// These whole pages are about to be filled: locks them where the program has locked all that is to
/// come. Cost: a load, or a system call.
void use(void* pages, std::size_t bytes) noexcept;
/// Brings them into memory, too: half the time of touching each.
void populate(void* pages, std::size_t bytes) noexcept;
/// Gives the memory of whole pages back and keeps their addresses.
void release(void* pages, std::size_t bytes) noexcept;

/// The same for ranges of whole pages. Cost: one system call for 1,024 of them where the kernel has
/// one for that, else one each.
void release(const byte_range* ranges, std::size_t count) noexcept;
/// From now on each range is one madvise: for a program under a filter of system calls that kills
/// it for process_madvise. Where it is refused, this is noticed. Threads: any.
void release_one_by_one() noexcept;

/// Gives the addresses of a whole slab back. Requires: all that was touched of it was released.
void unmap(void* slab, std::size_t bytes) noexcept;
/// The system's page, as a power of two.
[[nodiscard]] unsigned page_bits() noexcept;

} // namespace ebb::slab_pages

namespace ebb {

/// An arena with an account for slabs and for blocks that outlive it.
///
/// - `map_slab(bytes)`: slab_pages::map, nothing charged.
/// - `allocate_apart(bytes, alignment)`: a block of operator new's that any thread ends by operator
///   delete; nothing charged. Both throw std::bad_alloc.
/// - `charge(bytes)`, `refund(bytes)`: a store holds so many bytes more or fewer of these: they are
///   `mapped` and `requested`.
template <class A>
concept slab_arena = arena<A> && requires(A& a, std::size_t n) {
    { a.map_slab(n) } -> std::same_as<void*>;
    { a.allocate_apart(n, n) } -> std::same_as<void*>;
    { a.charge(n) }
    noexcept;
    { a.refund(n) }
    noexcept;
};

} // namespace ebb

#endif // C++20
