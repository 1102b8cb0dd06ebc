// Marks for the address sanitizer: what of a slot is a block, and that the rest is nobody's.
//
// The hardened build has checks of its own there, which must read what these would forbid.
// Cost: none without the sanitizer. Threads: whoever owns the slot.
#pragma once

#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/base/sanitizers.h>
#include <ebb/alloc/engine/hardened.h>

#include <cstddef>

namespace ebb::engine {

inline constexpr bool poisons = address_sanitized && !hardened;

/// The slot is free.
inline void poison([[maybe_unused]] void* slot, [[maybe_unused]] std::size_t bytes) noexcept {
    if constexpr (poisons) {
        poison_bytes(slot, bytes);
    }
}
/// The slot holds a block of `n` bytes.
inline void unpoison([[maybe_unused]] void* slot, [[maybe_unused]] std::size_t n,
                     [[maybe_unused]] std::size_t slot_bytes) noexcept {
    if constexpr (poisons) {
        // The whole first: of eight bytes that it knows nothing of, the sanitizer marks none apart.
        poison_bytes(slot, slot_bytes);
        unpoison_bytes(slot, n);
    }
}

/// The pages go, addresses and all: what comes there next may be anybody's.
inline void forget_poison([[maybe_unused]] void* pages,
                          [[maybe_unused]] std::size_t bytes) noexcept {
    if constexpr (poisons) {
        unpoison_bytes(pages, bytes);
    }
}

} // namespace ebb::engine
