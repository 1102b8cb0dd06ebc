// The engine's face: blocks of any size for the whole process, and the ledger over them.
//
// The way of a block. allocate(n): the bin of n (one table load up to 4 KiB), a slot from the
// thread's cache, the remainder into the slot's tail, the ledger's additions: no lock, no atomic
// read-modify-write. deallocate(p): the page map says the bin, the offset whether p starts a slot,
// the tail what was asked for; the slot goes to this thread's cache, whoever allocated it.
// An empty or full cache deals with its central bin in batches (central.h).
//
// Freed slots say that they are free: by a zero in their tail, or where the block filled its slot
// by a mark in the first word (slot_mark.h). A block that comes back like that is looked up where
// free slots are: so a double free stops the program at once, however late and on whatever thread
// it comes. Only a free of a block that was handed out again meanwhile can't be told from a right
// one. One line of cache of a slot is touched either way.
//
// Errors: null, errno as the system left it; the heap and its ledger as before.
// Threads: any.
#pragma once

#include <ebb/alloc/engine/hardened.h>
#include <ebb/alloc/engine/misuse.h>
#include <ebb/alloc/engine/page_map.h>
#include <ebb/alloc/engine/poison.h>
#include <ebb/alloc/engine/registry.h>
#include <ebb/alloc/engine/remainder.h>
#include <ebb/alloc/engine/shared.h>
#include <ebb/alloc/engine/slot_mark.h>
#include <ebb/alloc/engine/span.h>

#include <cstddef>
#include <cstdint>

namespace ebb::engine {

/// `n` bytes aligned to 16 (n may be 0). Null where n exceeds 2^47 or memory is out.
[[nodiscard]] inline void* allocate(std::size_t n) noexcept;

/// The same, all zero.
[[nodiscard]] void* allocate_zeroed(std::size_t n) noexcept;

/// `n` bytes at a multiple of `alignment`. Requires: a power of two.
[[nodiscard]] void* allocate_aligned(std::size_t n, std::size_t alignment) noexcept;

/// Whole pages for `n` bytes, all of them the program's to use; `n` is what counts as requested.
/// The hardened build counts, and guards, the pages.
[[nodiscard]] void* allocate_pages(std::size_t n) noexcept;

/// Takes a block back. Null is nothing. Stops the program on anything that is no live block's
/// start.
inline void deallocate(void* p) noexcept;

/// The same of a block whose size the program says. The hardened build stops it on another size
/// than was asked for; else the size isn't looked at.
inline void deallocate_sized(void* p, std::size_t n) noexcept;

/// Makes a block `n` bytes long, moved if need be; its first bytes stay. Null without memory: the
/// block stays as it was. Requires: p is a live block.
[[nodiscard]] void* reallocate(void* p, std::size_t n) noexcept;

/// The bytes of a live block that the program may use: what it asked for, and what the slot holds
/// beyond that, but for the byte or five that hold the remainder. 0 for null.
[[nodiscard]] std::size_t usable_size(const void* p) noexcept;

/// What usable_size would be of allocate_aligned(n, alignment); 0 where that gives null for good.
[[nodiscard]] std::size_t good_size(std::size_t n, std::size_t alignment) noexcept;

/// The system's page in bytes, for those who ask for whole pages.
[[nodiscard]] std::size_t page_bytes() noexcept;

namespace detail {

[[nodiscard]] void* allocate_slowly(std::size_t n) noexcept;
void deallocate_slowly(void* p) noexcept;
/// Of a slot, for which this thread's cache has no room.
void deallocate_slot(void* p) noexcept;
/// Of a block whose first byte is a free slot's: the word decides.
void deallocate_suspect(void* p) noexcept;
void deallocate_long_tail(void* p) noexcept;
void check_size(const void* p, std::size_t n) noexcept;
bool give(thread_cache& cache, std::size_t bin, void* p, std::size_t remainder) noexcept;

} // namespace detail

// Both fast paths hand everything unusual to the slow ones before they have changed anything, and
// as their last act: so they need no frame and save no registers.

inline void* allocate(std::size_t n) noexcept {
    if constexpr (hardened) {
        return detail::allocate_slowly(n);
    }
    std::size_t bin = 0;
    if (n <= in_bin_table) [[likely]] { // one comparison for small blocks
        bin = bin_in_table(n);
    } else if (n <= largest_slot) {
        bin = bin_of(n);
    } else {
        return detail::allocate_slowly(n);
    }
    thread_cache& cache = *current;
    cache_bin& b = cache.bins[bin];
    void** const top = b.top.get();
    cache.begin_call(thread_cache::allocates_at(top));
    const std::int64_t requested = cache.requested.get() + static_cast<std::int64_t>(n);
    if (top == b.floor || requested > cache.tell_above.peek()) [[unlikely]] {
        return detail::allocate_slowly(n);
    }
    void* const block = top[-1];
    b.top.set(top - 1);
    std::atomic_signal_fence(std::memory_order_seq_cst); // the order of mend.h
    const std::size_t remainder = b.slot - n;
    if (remainder == 0) [[likely]] { // as in deallocate()
        slot_mark::clear(block);
    } else {
        write_remainder(static_cast<unsigned char*>(block) + b.slot, remainder);
        cache.leave_of_slot(bin, static_cast<std::int64_t>(remainder));
    }
    cache.allocations.add(1);
    cache.requested.set(requested);
    cache.leave();
    unpoison(block, n, b.slot);
    return block;
}

/// Books a block of the bin that is freed and puts its slot into the cache. False, and nothing
/// changed, where it has no room or the thread has to tell. `remainder` is 0 and known to be in a
/// bin without tails.
[[gnu::always_inline]] inline bool detail::give(thread_cache& cache, std::size_t bin, void* p,
                                                std::size_t remainder) noexcept {
    cache_bin& b = cache.bins[bin];
    void** const top = b.top.get();
    cache.begin_call(thread_cache::frees_at(top));
    const std::int64_t before = cache.requested.get();
    const std::int64_t requested = before - static_cast<std::int64_t>(b.slot - remainder);
    if (top == b.ceiling.peek() || requested < cache.tell_below.peek()) [[unlikely]] {
        return false;
    }
    if (before > cache.highest.peek()) {
        cache.highest.set(before);
    }
    store_relaxed(*top, p);                              // see cached_anywhere
    std::atomic_signal_fence(std::memory_order_seq_cst); // the order of mend.h
    if (remainder != 0) {
        cache.leave_of_slot(bin, -static_cast<std::int64_t>(remainder));
        clear_remainder(static_cast<unsigned char*>(p) + b.slot);
    } else {
        slot_mark::set(p);
    }
    cache.requested.set(requested);
    cache.frees.add(1);
    poison(p, b.slot);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    b.top.set(top + 1);
    cache.leave();
    return true;
}

inline void deallocate_sized(void* p, std::size_t n) noexcept {
    if constexpr (hardened) {
        detail::check_size(p, n);
    }
    deallocate(p);
}

inline void deallocate(void* p) noexcept {
    if constexpr (hardened) {
        return detail::deallocate_slowly(p);
    }
    page_entry entry;
    if (!spans.find(address_of(p), entry)) [[unlikely]] {
        return detail::deallocate_slowly(p);
    }
    const std::size_t bin = entry.tag();
    thread_cache& cache = *current;
    const cache_bin& b = cache.bins[bin];
    // For what is no bin the limit is 0, and nothing lies below it.
    if (!bin_traits::starts_slot(address_of(p) & b.span_mask, b.inverse, b.limit)) [[unlikely]] {
        return detail::deallocate_slowly(p);
    }
    // Not because such blocks were rarer. But where those without a tail take the straight way, a
    // pair of 64 bytes takes 6.4 ns instead of 8.4; one with a tail (60 bytes) 7.2 either way.
    if (has_tail(bin)) [[unlikely]] {
        const std::size_t remainder = read_short_remainder(static_cast<unsigned char*>(p) + b.slot);
        if (remainder - 1 >= b.short_limit) [[unlikely]] {
            return detail::deallocate_long_tail(p);
        }
        if (!detail::give(cache, bin, p, remainder)) [[unlikely]] {
            return detail::deallocate_slot(p);
        }
        return;
    }
    const unsigned char first = slot_mark::read_first_byte(p);
    if ((first == 0 && entry.blank()) || first == slot_mark::first_byte_of(p)) {
        return detail::deallocate_suspect(p);
    }
    if (!detail::give(cache, bin, p, 0)) [[unlikely]] {
        return detail::deallocate_slot(p);
    }
}

} // namespace ebb::engine
