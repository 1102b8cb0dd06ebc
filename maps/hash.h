// hash: the maps' default hash, seeded and mixing.
//
// A map's layout depends on its hash: an identity hash on keys in order fills every bucket alike,
// makes no overflow at all, and its byte counts are then nobody's. This one spreads keys in order
// like random ones, and differently for each seed.
// Costs: an integer takes two 64 x 64 -> 128 bit multiplications; bytes take one for 16.
// Source of the idea: multiply and fold the halves, as in Wang Yi's wyhash; constants from the
// fractions of the golden ratio and of square roots.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace ebb {

namespace detail {

inline constexpr std::uint64_t hash_a = 0x9e3779b97f4a7c15; // golden ratio
inline constexpr std::uint64_t hash_b = 0xbb67ae8584caa73b; // square root of 3
inline constexpr std::uint64_t hash_c = 0x3c6ef372fe94f82b; // square root of 5

/// The two halves of the 128-bit product, folded.
[[nodiscard]] inline std::uint64_t fold(std::uint64_t x, std::uint64_t y) noexcept {
    __extension__ using wide = unsigned __int128;
    const wide product = static_cast<wide>(x) * y;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// 64 bits under a seed, every bit of the result depending on every bit of both.
[[nodiscard]] inline std::uint64_t mix(std::uint64_t x, std::uint64_t seed) noexcept {
    return fold(fold(x ^ hash_a ^ seed, hash_b) ^ seed, hash_c);
}

template <class Word>
[[nodiscard]] inline std::uint64_t load(const std::byte* p) noexcept {
    Word w;
    std::memcpy(&w, p, sizeof w);
    return w;
}

/// `size` bytes from `data`, which may be null when `size` is 0.
[[nodiscard]] inline std::uint64_t hash_bytes(const void* data, std::size_t size,
                                              std::uint64_t seed) noexcept {
    const auto* p = static_cast<const std::byte*>(data);
    std::uint64_t state = seed ^ hash_a;
    std::uint64_t first = 0;
    std::uint64_t second = 0;
    if (size >= 8) {
        const std::byte* const last = p + size - 16; // read only where size > 16
        for (std::size_t left = size; left > 16; left -= 16, p += 16) {
            state = fold(load<std::uint64_t>(p) ^ hash_b, load<std::uint64_t>(p + 8) ^ state);
        }
        if (size > 16) { // the last 16, some of them for the second time
            first = load<std::uint64_t>(last);
            second = load<std::uint64_t>(last + 8);
        } else {
            first = load<std::uint64_t>(p);
            second = load<std::uint64_t>(p + size - 8);
        }
    } else if (size >= 4) {
        first = load<std::uint32_t>(p);
        second = load<std::uint32_t>(p + size - 4);
    } else if (size > 0) {
        first = load<std::uint8_t>(p) << 16 | load<std::uint8_t>(p + size / 2) << 8 |
                load<std::uint8_t>(p + size - 1);
    }
    return mix(fold(first ^ hash_b, second ^ state) ^ size, seed);
}

template <class T>
concept byte_like = std::same_as<T, std::byte> ||(std::integral<T> && sizeof(T) == 1);

template <class T>
concept string_like = std::convertible_to<const T&, std::string_view> && !std::is_pointer_v<T>;

template <class T>
inline constexpr bool is_byte_array = false;
template <byte_like T, std::size_t N>
inline constexpr bool is_byte_array<std::array<T, N>> = true;

} // namespace detail

/// A hash under a seed. For integers, enums, pointers (by address), strings and string views, and
/// arrays of bytes by itself; for pairs by their halves; for anything else by std::hash, mixed.
/// Threads: any.
template <class Key>
struct hash {
    [[nodiscard]] std::uint64_t operator()(const Key& key, std::uint64_t seed) const {
        if constexpr (std::is_enum_v<Key> || std::is_integral_v<Key>) {
            return detail::mix(static_cast<std::uint64_t>(key), seed);
        } else if constexpr (std::is_pointer_v<Key>) {
            return detail::mix(reinterpret_cast<std::uintptr_t>(key), seed);
        } else if constexpr (detail::is_byte_array<Key>) {
            return detail::hash_bytes(key.data(), key.size(), seed);
        } else {
            return detail::mix(std::hash<Key>{}(key), seed);
        }
    }
};

/// Of strings: by their characters, whatever holds them. With std::equal_to<> beside it a map of
/// std::string finds string views and literals, and makes no string for it.
template <detail::string_like Key>
struct hash<Key> {
    using is_transparent = void;
    [[nodiscard]] std::uint64_t operator()(std::string_view text, std::uint64_t seed) const {
        return detail::hash_bytes(text.data(), text.size(), seed);
    }
};

template <class A, class B>
struct hash<std::pair<A, B>> {
    [[nodiscard]] std::uint64_t operator()(const std::pair<A, B>& key, std::uint64_t seed) const {
        return hash<B>{}(key.second, hash<A>{}(key.first, seed));
    }
};

namespace detail {

/// A key's hash under a map's seed, whichever kind of hash function the map was given.
template <class Hash, class Key>
[[nodiscard]] inline std::uint64_t seeded(const Hash& function, const Key& key,
                                          std::uint64_t seed) {
    if constexpr (requires { function(key, seed); }) {
        return function(key, seed);
    } else {
        return mix(static_cast<std::uint64_t>(function(key)), seed);
    }
}

} // namespace detail
} // namespace ebb
