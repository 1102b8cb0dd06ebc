// The engine's face: blocks of any size for the whole process, and the ledger over them.
//
// The way of a block. allocate(n): the bin of n (one table load up to 1 KiB), a slot from the
// thread's cache, the remainder into the slot's tail, the ledger's additions: no lock, no atomic
// read-modify-write. deallocate(p): the page map says the bin, the offset whether p starts a slot,
// the tail what was asked for; the slot goes to this thread's cache, whoever allocated it.
// An empty or full cache deals with its central bin in batches (central.h).
//
// Freed slots carry a mark, `secret ^ address`, in their first word. A block that comes with its
// own mark, or with a zero there (its page may have been given back meanwhile), is looked up where
// free slots are: so a double free stops the program at once, however late and on whatever thread
// it comes. Only a free of a block that was handed out again meanwhile can't be told from a right
// one.
//
// Errors: null, errno as the system left it; the heap and its ledger as before.
// Threads: any.
#pragma once

#include <ebb/alloc/engine/misuse.h>
#include <ebb/alloc/engine/page_map.h>
#include <ebb/alloc/engine/remainder.h>
#include <ebb/alloc/engine/span.h>
#include <ebb/alloc/engine/thread_cache.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ebb::engine {

/// The process's own, never 0 after the first call.
extern constinit std::atomic<std::uint64_t> secret;

/// `n` bytes aligned to 16 (n may be 0). Null where n exceeds PTRDIFF_MAX or memory is out.
[[nodiscard]] inline void* allocate(std::size_t n) noexcept;

/// The same, all zero.
[[nodiscard]] void* allocate_zeroed(std::size_t n) noexcept;

/// `n` bytes at a multiple of `alignment`. Requires: a power of two.
[[nodiscard]] void* allocate_aligned(std::size_t n, std::size_t alignment) noexcept;

/// Takes a block back. Null is nothing. Stops the program on anything that is no live block's
/// start.
inline void deallocate(void* p) noexcept;

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
void check_not_free(const void* p, page_entry entry, std::size_t index) noexcept;

inline std::uint64_t mark_of(const void* p) noexcept {
    return secret.load(std::memory_order_relaxed) ^ address_of(p);
}

/// Makes a slot a block of n bytes. Returns what it leaves of the slot.
inline std::size_t open_slot(void* slot, std::size_t bin, std::size_t n) noexcept {
    // Any word but the mark, or a block that is freed untouched would look free already.
    const std::uint64_t no_mark = 1;
    std::memcpy(slot, &no_mark, sizeof no_mark);
    const std::size_t remainder = traits[bin].slot - n;
    if (has_tail(bin)) {
        write_remainder(static_cast<unsigned char*>(slot) + traits[bin].slot, remainder);
    }
    return remainder;
}

/// Stops the program unless p is a live block of the span. Returns what it leaves of its slot.
inline std::size_t check_block(const void* p, page_entry entry) noexcept {
    const bin_traits& t = traits[entry.bin()];
    const std::size_t offset = address_of(p) & (t.span_bytes - 1);
    const std::size_t index = t.index(offset);
    if (index * t.slot != offset) [[unlikely]] {
        misuse(misuse_kind::interior, p, t.slot);
    }
    std::uint64_t word = 0;
    std::memcpy(&word, p, sizeof word);
    if (word == mark_of(p) || word == 0) {
        check_not_free(p, entry, index);
    }
    if (!has_tail(entry.bin())) {
        return 0;
    }
    const std::size_t remainder = read_remainder(static_cast<const unsigned char*>(p) + t.slot);
    if (remainder - 1 >= t.slot) [[unlikely]] {
        misuse(misuse_kind::overrun, p, t.slot);
    }
    return remainder;
}

/// Makes a block a free slot again.
inline void close_slot(void* p) noexcept {
    const std::uint64_t mark = mark_of(p);
    std::memcpy(p, &mark, sizeof mark);
}

} // namespace detail

inline void* allocate(std::size_t n) noexcept {
    if (n <= largest_cached_slot) [[likely]] {
        const std::size_t bin = bin_of(n);
        thread_cache& cache = *current;
        cache_bin& b = cache.bins[bin];
        void** const top = b.top.get();
        if (top != b.floor) [[likely]] {
            b.top.set(top - 1);
            void* const block = top[-1];
            cache.charge(bin, n, detail::open_slot(block, bin, n));
            return block;
        }
    }
    return detail::allocate_slowly(n);
}

inline void deallocate(void* p) noexcept {
    const page_entry entry = spans.find(address_of(p));
    if (entry.is_bin()) [[likely]] {
        thread_cache& cache = *current;
        cache_bin& b = cache.bins[entry.bin()];
        void** const top = b.top.get();
        if (top != b.ceiling) [[likely]] {
            const std::size_t remainder = detail::check_block(p, entry);
            detail::close_slot(p);
            cache.refund(entry.bin(), traits[entry.bin()].slot - remainder, remainder);
            __atomic_store_n(top, p,
                             __ATOMIC_RELAXED); // read by threads that look for a double free
            b.top.set(top + 1);
            return;
        }
    }
    detail::deallocate_slowly(p);
}

} // namespace ebb::engine
