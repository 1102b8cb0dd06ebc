// How much less than its slot a block asked for, kept in the slot's own tail.
//
//     remainder 1..254     | block ...          | unused | r |             the last byte
//     remainder 255..      | block ... | unused | r, 4 bytes | 255 |       the last five
//
// A free slot has 0 there; so has one on a page without content. In a block, the bytes between are
// the program's to overrun: a remainder that can't be (0, or more than the slot) means that
// somebody did, and the owner stops the program.
#pragma once

#include <ebb/alloc/base/narrow.h>
#include <ebb/alloc/base/sanitizers.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ebb::engine {

inline constexpr std::size_t short_tail = 1;
inline constexpr std::size_t long_tail = 5;
inline constexpr std::size_t long_mark = 255;

/// Notes `remainder` in the tail of the slot that ends at `end`. Requires: 0 < remainder <= slot.
EBB_UNSANITIZED inline void write_remainder(unsigned char* end, std::size_t remainder) noexcept {
    if (remainder < long_mark) [[likely]] {
        end[-1] = bounded<unsigned char>(remainder);
        return;
    }
    end[-1] = bounded<unsigned char>(long_mark);
    const auto word = bounded<std::uint32_t>(remainder);
    std::memcpy(end - long_tail, &word, sizeof word);
}

/// The same if it fits the last byte; long_mark where it doesn't.
[[nodiscard]] EBB_UNSANITIZED inline std::size_t
read_short_remainder(const unsigned char* end) noexcept {
    return end[-1];
}

/// The remainder of the slot that ends at `end`; 0 or more than the slot where it was overwritten.
[[nodiscard]] EBB_UNSANITIZED inline std::size_t read_remainder(const unsigned char* end) noexcept {
    const std::size_t last = end[-1];
    if (last < long_mark) [[likely]] {
        return last;
    }
    std::uint32_t word = 0;
    std::memcpy(&word, end - long_tail, sizeof word);
    return word < long_mark ? 0 : word;
}

/// Makes the slot a free one.
EBB_UNSANITIZED inline void clear_remainder(unsigned char* end) noexcept {
    end[-1] = 0;
}

/// What of a slot the program may use: all but the tail.
[[nodiscard]] constexpr std::size_t usable(std::size_t slot, std::size_t remainder) noexcept {
    return remainder == 0 ? slot : slot - (remainder < long_mark ? short_tail : long_tail);
}

} // namespace ebb::engine
