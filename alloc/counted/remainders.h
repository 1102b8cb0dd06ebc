// What was asked for, behind a plain free(p) of a malloc that isn't ours.
//
// The next malloc tells a block's usable bytes; what the program asked for is less by a remainder,
// which must be found again from the address alone, without a header and without asking for a byte
// more (that would move blocks to another size class). A map beside the heap has a bit for every 8
// bytes of it, since no two blocks start within 8 bytes:
//
//     usable bytes    the remainder
//       1 ..  255     bit of the block's start: 1: there is none, the block is full
//                                               0: it is the block's last byte, 1 to 255
//     256 .. 1023     the 16 bits of the first aligned 128 bytes inside: the block's own, no other
//                     starts there
//     1024 ..         the 64 bits of the first aligned 512 bytes inside
//
// So a block below 256 bytes lends us its last byte while it isn't full, and malloc_usable_size
// must answer the requested size there; larger ones are left alone. A freed block's bits keep their
// values: the next block of that address most often wants the same, and reads instead of writing.
// A program that writes past its requested bytes (an overrun, or after asking the foreign malloc's
// own size functions) may hit the remainder. A value that can't be is noticed: from then on
// `are_exact()` is false.
//
// Cost: a load of the map for a small block, a store for a large one, beside the block's last byte;
// 1/64 of the heap's addresses, in leaves of 4 MiB address space for 256 MiB, resident where blocks
// are (a page for 256 KiB of heap), and 8 MiB of address space for the root.
// Tried before: the remainder of every block in its tail. It faults in the last page of every large
// block and misses the cache once more for the middling ones.
// Threads: any; a block's owner alone touches its remainder. Single bits share a byte with
// neighbours and are flipped atomically.
#pragma once

#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/base/narrow.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace ebb::counted::remainders {

inline constexpr std::size_t grain_bytes = 8;  ///< of heap, a bit
inline constexpr std::size_t byte_span = 64;   ///< of heap, a byte of the map
inline constexpr std::size_t short_span = 128; ///< of heap, 16 bits
inline constexpr std::size_t word_span = 512;  ///< of heap, 64 bits
inline constexpr std::size_t tail_below = 256; ///< usable bytes: smaller blocks use their tail
inline constexpr std::size_t word_from = 1024; ///< usable bytes: larger blocks have a word
static_assert(tail_below >= 2 * short_span && word_from >= 2 * word_span);

inline constexpr unsigned leaf_shift = 28;    // 256 MiB of heap
inline constexpr unsigned address_shift = 48; // what the kernel hands out unless asked for more
inline constexpr std::size_t leaf_bytes = (std::size_t{1} << leaf_shift) / byte_span;
inline constexpr std::size_t leaf_count = std::size_t{1} << (address_shift - leaf_shift);

// Plain pointers under atomic access: clang 14 gives up on a million constant std::atomic.
extern std::byte* leaves[leaf_count];
extern constinit std::atomic<bool> exact;

/// Whether every remainder was kept and none was overwritten so far.
[[nodiscard]] inline bool are_exact() noexcept {
    return exact.load(std::memory_order_relaxed);
}

/// From now on requested bytes are unknown. Never taken back.
[[gnu::cold]] void give_up() noexcept;

/// The leaf of this address, or null.
[[nodiscard]] inline std::byte* leaf_of(std::uintptr_t address) noexcept {
    const std::size_t index = address >> leaf_shift;
    return index < leaf_count ? __atomic_load_n(&leaves[index], __ATOMIC_ACQUIRE) : nullptr;
}

// The map's part for the heap's bytes from `address` on. Sizes differ by place and time: all
// accesses are atomic and each goes to bits that one block owns, but for `flip`.
template <class T>
[[nodiscard]] T* part(std::byte* leaf, std::uintptr_t address) noexcept {
    constexpr std::uintptr_t mask = (std::uintptr_t{1} << leaf_shift) - 1;
    return reinterpret_cast<T*>(leaf + (address & mask) / byte_span);
}

// False where the map has no leaf yet.
template <class T>
[[nodiscard]] bool store(std::uintptr_t address, std::size_t remainder) noexcept {
    std::byte* const leaf = leaf_of(address);
    if (leaf == nullptr) [[unlikely]] {
        return false;
    }
    __atomic_store_n(part<T>(leaf, address), static_cast<T>(remainder), __ATOMIC_RELAXED);
    return true;
}

template <class T>
[[nodiscard]] std::size_t load(std::uintptr_t address) noexcept {
    std::byte* const leaf = leaf_of(address);
    return leaf == nullptr ? SIZE_MAX : __atomic_load_n(part<T>(leaf, address), __ATOMIC_RELAXED);
}

/// The quick part of `keep`: false, and nothing done, where the map lacks a leaf or the sizes are
/// none that a malloc should tell.
[[nodiscard]] inline bool try_keep(void* p, std::size_t usable, std::size_t requested) noexcept {
    const std::uintptr_t address = address_of(p);
    const std::size_t remainder = usable - requested;
    if (remainder > usable) [[unlikely]] {
        return false;
    }
    if (usable < tail_below) {
        std::byte* const leaf = leaf_of(address);
        if (leaf == nullptr || usable == 0) [[unlikely]] {
            return false;
        }
        auto* const byte = part<std::uint8_t>(leaf, address);
        const unsigned shift = address / grain_bytes % 8;
        const unsigned is_full = remainder == 0 ? 1 : 0;
        if ((bounded<unsigned>(__atomic_load_n(byte, __ATOMIC_RELAXED)) >> shift & 1U) != is_full) {
            __atomic_fetch_xor(byte, bounded<std::uint8_t>(1U << shift), __ATOMIC_RELAXED);
        }
        if (is_full == 0) {
            static_cast<std::uint8_t*>(p)[usable - 1] = bounded<std::uint8_t>(remainder);
        }
        return true;
    }
    return usable < word_from ? store<std::uint16_t>(align_up(address, short_span), remainder)
                              : store<std::uint64_t>(align_up(address, word_span), remainder);
}

/// Keeps what `p`, of `usable` bytes, was asked for with. Requires: the calling thread owns `p`.
void keep(void* p, std::size_t usable, std::size_t requested) noexcept;

/// What `p`, of `usable` bytes, was asked for with; `usable`, after giving up, where that is lost.
/// Requires: the calling thread owns `p`.
[[nodiscard]] inline std::size_t requested(const void* p, std::size_t usable) noexcept {
    const std::uintptr_t address = address_of(p);
    std::size_t remainder = 0;
    if (usable < tail_below) {
        // Without a leaf all bits are 1: the block was never kept, and exactness is gone.
        if ((load<std::uint8_t>(address) >> (address / grain_bytes % 8) & 1U) != 0) {
            return usable;
        }
        remainder = static_cast<const std::uint8_t*>(p)[usable - 1];
        remainder = remainder == 0 ? SIZE_MAX : remainder; // it can't be: somebody wrote there
    } else {
        remainder = usable < word_from ? load<std::uint16_t>(align_up(address, short_span))
                                       : load<std::uint64_t>(align_up(address, word_span));
    }
    if (remainder > usable) [[unlikely]] {
        give_up();
        return usable;
    }
    return usable - remainder;
}

} // namespace ebb::counted::remainders
