// What an arena is, and where arenas take their memory from.
//
// The way of a block: allocate(n) → a slot of the arena (idle → requested + slack) → a chunk from
// the arena's upstream, a std::pmr::memory_resource → system_pages() → os::map.
// An arena over another arena (through pmr_resource) is its child: the child's `mapped` is part of
// the parent's `requested`.
#pragma once

#if __cplusplus < 201709L // what g++ 10 says of C++20
#error "ebb needs C++20: compile with -std=c++20 or a later standard"
#else

#include <ebb/alloc/ledger/ledger.h>

#include <concepts>
#include <cstddef>
#include <cstring>
#include <memory_resource>

namespace ebb {

/// The largest alignment that every arena serves, in bytes.
inline constexpr std::size_t max_alignment = std::size_t{1} << 20;

/// An allocator to build on, with an exact ledger. Sizes and alignments come back with the block,
/// as in std::pmr::memory_resource, so that no block needs a header.
///
/// - `allocate(bytes, alignment)`: never null; throws std::bad_alloc and leaves bytes and ledger as
///   they were. `bytes` may be 0: the pointer is then distinct, and `requested` grows by 0.
/// - `deallocate(p, bytes, alignment)`: what `allocate` was called with; never throws.
/// - `slot_bytes(p, bytes, alignment)`: what the live block occupies: requested + slack.
/// - `read()`: the ledger now, in constant time.
/// - `trim()`: returns to the upstream every chunk that holds nothing.
/// - `validate()`: walks the structures and stops the program when an invariant is broken or the
///   ledger differs from what the walk finds.
/// - Threads: one at a time.
template <class A>
concept arena = requires(A& a, const A& c, void* p, std::size_t n) {
    { a.allocate(n, n) } -> std::same_as<void*>;
    { a.deallocate(p, n, n) }
    noexcept;
    { c.slot_bytes(p, n, n) }
    noexcept->std::same_as<std::size_t>;
    { c.read() }
    noexcept->std::same_as<ledger>;
    { a.trim() }
    noexcept;
    c.validate();
};

/// An arena that can tell fresh zeroed pages from used ones and so needs no memset for them.
template <class A>
concept zeroing_arena = arena<A> && requires(A& a, std::size_t n) {
    { a.allocate_zeroed(n, n) } -> std::same_as<void*>;
};

/// `bytes` zeroed bytes from any arena, the cheapest way that it has.
template <arena A>
[[nodiscard]] void* allocate_zeroed(A& a, std::size_t bytes, std::size_t alignment) {
    if constexpr (zeroing_arena<A>) {
        return a.allocate_zeroed(bytes, alignment);
    } else {
        return std::memset(a.allocate(bytes, alignment), 0, bytes);
    }
}

/// An arena that has a cheaper place for blocks without pointers in them (Go's tiny blocks). What
/// one of the pair allocates, only its twin takes back.
template <class A>
concept pointer_free_arena = arena<A> && requires(A& a, void* p, std::size_t n) {
    { a.allocate_pointer_free(n, n) } -> std::same_as<void*>;
    { a.deallocate_pointer_free(p, n, n) }
    noexcept;
};

/// The system's pages as an upstream: sizes round up to whole pages, memory arrives zeroed, and
/// deallocate unmaps. Cost: one mmap or munmap a call (two or three where the alignment exceeds a
/// page). Throws std::bad_alloc. Threads: any.
[[nodiscard]] std::pmr::memory_resource& system_pages() noexcept;

} // namespace ebb

#endif // C++20
