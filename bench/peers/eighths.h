// How a map swings by an eighth: what the scenario does and what divides its counted figures.
#pragma once

#include <algorithm>
#include <cstddef>

namespace ebb::bench::peers {

/// Teeth that nothing counts: a map that learns from a tooth has learnt by then.
inline constexpr std::size_t teeth_left_out = 2;

/// Keys that go and come in one tooth.
[[nodiscard]] constexpr std::size_t keys_of_tooth(std::size_t count) noexcept {
    return std::max<std::size_t>(count / 8, 1);
}

/// Teeth that count: at least 16, and enough for 200,000 operations, which take some 10 ms.
[[nodiscard]] constexpr std::size_t teeth_that_count(std::size_t count) noexcept {
    return std::max<std::size_t>(100'000 / keys_of_tooth(count), 16);
}

} // namespace ebb::bench::peers
