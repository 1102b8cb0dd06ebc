// Marks for the address sanitizer: what of a slot is a block, and that the rest is nobody's.
//
// The hardened build has checks of its own there, which must read what these would forbid.
// Cost: none without the sanitizer. Threads: whoever owns the slot.
#pragma once

#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/base/sanitizers.h>
#include <ebb/alloc/engine/hardened.h>

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__) || EBB_HAS_FEATURE(address_sanitizer)
extern "C" { // the sanitizer's runtime, which is there where this is compiled
void __asan_poison_memory_region(const volatile void* from, std::size_t bytes);   // NOLINT
void __asan_unpoison_memory_region(const volatile void* from, std::size_t bytes); // NOLINT
}
#endif

namespace ebb::engine {

inline constexpr bool poisons = address_sanitized && !hardened;

#if defined(__SANITIZE_ADDRESS__) || EBB_HAS_FEATURE(address_sanitizer)
/// The slot is free.
inline void poison(void* slot, std::size_t bytes) noexcept {
    if constexpr (poisons) {
        __asan_poison_memory_region(slot, bytes);
    }
}
/// The slot holds a block of `n` bytes.
inline void unpoison(void* slot, std::size_t n, std::size_t slot_bytes) noexcept {
    if constexpr (poisons) {
        // The whole first: of eight bytes that it knows nothing of, the sanitizer marks none apart.
        __asan_poison_memory_region(slot, slot_bytes);
        __asan_unpoison_memory_region(slot, n);
    }
}
#else
inline void poison(void*, std::size_t) noexcept {}
inline void unpoison(void*, std::size_t, std::size_t) noexcept {}
#endif

} // namespace ebb::engine
