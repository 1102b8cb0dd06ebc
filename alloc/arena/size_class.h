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

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

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

/// The same of small requests, by a table: 3 instructions instead of 11.
/// Requires: `bytes` at most `tabled_bytes`.
inline constexpr std::size_t tabled_bytes = 1 * kib;
inline constexpr auto table = [] {
    std::array<std::uint8_t, tabled_bytes / 8 + 1> classes{};
    for (std::size_t words = 0; words < classes.size(); ++words) {
        classes[words] = bounded<std::uint8_t>(index_of(words * 8));
    }
    return classes;
}();
[[nodiscard]] constexpr std::size_t small_index_of(std::size_t bytes) noexcept {
    return table[(bytes + 7) / 8];
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
    for (std::size_t bytes = 0; bytes <= tabled_bytes; ++bytes) {
        if (small_index_of(bytes) != index_of(bytes)) {
            return false;
        }
    }
    return true;
}());

} // namespace ebb::size_class

#endif // C++20
