// Size classes, four to a doubling: 8, 16, … 64 in steps of 8, then 80, 96, 112, 128, 160, … 32768.
//
// At most a fifth of a slot above 32 bytes is slack, a tenth on average for sizes spread evenly.
// Any multiple of a power of two rounds up to a class that is a multiple of it too: with k·a
// between 4·2^s·a and 8·2^s·a the classes there step by 2^s·a. So a request aligned to `a` takes
// the class of its size rounded up to `a`.
#pragma once

#if __cplusplus < 201709L // what g++ 10 says of C++20
#error "ebb needs C++20: compile with -std=c++20 or a later standard"
#else

#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/base/narrow.h>

#include <bit>
#include <cstddef>

namespace ebb::size_class {

inline constexpr std::size_t largest_bytes = 32 * kib;

/// The class of a request. Requires: `bytes` at most `largest_bytes`. Empty requests take the
/// first. Cost: no branch, no table.
[[nodiscard]] constexpr std::size_t index_of(std::size_t bytes) noexcept {
    const std::size_t last = bytes - (bytes != 0 ? 1 : 0);
    const auto width = bounded<unsigned>(std::bit_width(last | 32U));
    return (width - 6) * 4 + (last >> (width - 3));
}

/// The slot of a class.
[[nodiscard]] constexpr std::size_t bytes_of(std::size_t index) noexcept {
    return index < 8 ? (index + 1) * 8 : (5 + index % 4) << (index / 4 + 2);
}

inline constexpr std::size_t count = index_of(largest_bytes) + 1;

static_assert(bytes_of(count - 1) == largest_bytes);
static_assert([] {
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t below = i == 0 ? 0 : bytes_of(i - 1);
        if (below >= bytes_of(i) || index_of(below + 1) != i || index_of(bytes_of(i)) != i) {
            return false;
        }
    }
    return true;
}());

} // namespace ebb::size_class

#endif // C++20
