// pointer_free: whether a type holds no pointers, as Go's compiler would judge it.
//
// It decides two things in a go_map, as in Go: buckets without pointers come with an index of their
// overflow buckets, and small blocks without pointers share Go's tiny blocks. C++ can't look into a
// class, so an unknown one counts as holding pointers; specialise the trait for your own.
#pragma once

#if __cplusplus < 201709L // what g++ 10 says of C++20
#error "ebb needs C++20: compile with -std=c++20 or a later standard"
#else

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace ebb {

/// Whether a `T` holds no pointers. True for numbers, enums, empty classes and arrays and pairs of
/// such. A program may specialise it for its own classes.
template <class T>
inline constexpr bool pointer_free =
    std::is_arithmetic_v<T> || std::is_enum_v<T> || std::is_empty_v<T>;

template <class T>
inline constexpr bool pointer_free<const T> = pointer_free<T>;
template <class T, std::size_t N>
inline constexpr bool pointer_free<T[N]> = pointer_free<T>;
template <class T, std::size_t N>
inline constexpr bool pointer_free<std::array<T, N>> = N == 0 || pointer_free<T>;
template <class A, class B>
inline constexpr bool pointer_free<std::pair<A, B>> = pointer_free<A>&& pointer_free<B>;

} // namespace ebb

#endif // C++20
