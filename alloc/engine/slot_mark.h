// The mark in the first word of a free slot that has no tail: its address's complement. (Not the
// address itself: lists' heads point to themselves.)
//
// A block that comes back with its own mark is looked up where free slots are; so is one with a
// zero there whose span may hold slots on pages without content (page_entry::blank).
#pragma once

#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/base/sanitizers.h>

#include <cstdint>
#include <cstring>

namespace ebb::engine::slot_mark {

[[nodiscard]] inline std::uint64_t of(const void* slot) noexcept {
    return ~std::uint64_t{address_of(slot)};
}

[[nodiscard]] EBB_UNSANITIZED inline std::uint64_t read(const void* slot) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, slot, sizeof word);
    return word;
}

/// The first byte of that word, for a look before the rest: a load of eight bytes waits until a
/// byte that the program has just stored there is in the cache (4 ns), a load of one doesn't.
[[nodiscard]] EBB_UNSANITIZED inline unsigned char read_first_byte(const void* slot) noexcept {
    return *static_cast<const unsigned char*>(slot);
}
[[nodiscard]] inline unsigned char first_byte_of(const void* slot) noexcept {
    const std::uint64_t mark = of(slot);
    unsigned char first = 0;
    std::memcpy(&first, &mark, 1);
    return first;
}

EBB_UNSANITIZED inline void write(void* slot, std::uint64_t word) noexcept {
    std::memcpy(slot, &word, sizeof word);
}

inline void set(void* slot) noexcept {
    write(slot, of(slot));
}

/// Any word but a mark or zero: a block that is freed untouched must not look free already.
inline void clear(void* slot) noexcept {
    write(slot, 1);
}

} // namespace ebb::engine::slot_mark
