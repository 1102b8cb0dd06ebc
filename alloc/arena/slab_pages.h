// slab_pages: ranges of addresses, aligned to their size, for stores of small blocks that take and
// give back single pages (maps/hash/node_store.h).
//
// A slab has no memory until its pages are touched. It belongs to no arena: it may outlive the one
// that it was made for, and any thread may end it. What a store holds of it is on an arena's
// account: slab_arena.
// Costs: map 2 to 4 system calls, release and unmap one each. Slabs side by side are one mapping to
// the kernel.
#pragma once

#if __cplusplus < 201709L // what g++ 10 says of C++20
#error "ebb needs C++20: compile with -std=c++20 or a later standard"
#else

#include <ebb/alloc/arena/arena.h>

#include <concepts>
#include <cstddef>

namespace ebb::slab_pages {

/// Addresses for `bytes`, a power of two of at least a page, aligned to them; zeroed when touched,
/// never in huge pages. Throws std::bad_alloc.
[[nodiscard]] void* map(std::size_t bytes);
/// Brings whole pages into memory that are about to be filled: half the time of touching each.
void populate(void* pages, std::size_t bytes) noexcept;
/// Gives the memory of whole pages back and keeps their addresses.
void release(void* pages, std::size_t bytes) noexcept;
/// Gives memory and addresses of a whole slab back; of 65,530 mappings (vm.max_map_count) it keeps
/// the addresses that are no mapping's end.
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
