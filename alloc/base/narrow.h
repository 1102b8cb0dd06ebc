// An integer as a narrower one. In alloc/ no other file casts to a narrower integer type, so that
// each place says why the value fits, or that it wraps on purpose (cmake/one_place.cmake is the
// test).
//
// Cost: narrow() takes a comparison, bounded() nothing in release builds.
#pragma once

#include <ebb/alloc/base/check.h>

#include <concepts>
#include <utility>

namespace ebb {

/// `value` as a `To`. Stops the program where it doesn't fit. For values that a caller or the
/// system may choose.
template <std::integral To, std::integral From>
[[nodiscard]] constexpr To narrow(From value) noexcept {
    EBB_CHECK(std::in_range<To>(value), "narrow: the number doesn't fit its type");
    return static_cast<To>(value);
}

/// `value` as a `To`. Requires that it fits, by a bound that the code around it or a comment beside
/// it states; builds with assertions stop where it doesn't.
template <std::integral To, std::integral From>
[[nodiscard]] constexpr To bounded(From value) noexcept {
    EBB_ASSERT(std::in_range<To>(value), "bounded: the number doesn't fit its type");
    return static_cast<To>(value);
}

/// The low bits of `value`, as many as a `To` has. For clocks and checksums, which wrap on purpose.
template <std::integral To, std::unsigned_integral From>
[[nodiscard]] constexpr To wrapped(From value) noexcept {
    return static_cast<To>(value);
}

} // namespace ebb
