// hash: the maps' default hash, seeded and mixing.
//
// A map's layout depends on its hash: an identity hash on keys in order fills every bucket alike,
// makes no overflow at all, and its byte counts are then nobody's. This one spreads keys in order
// like random ones, and differently for each seed.
// Costs: an integer takes two 64 x 64 -> 128 bit multiplications; bytes take one for 16.
// Source of the idea: multiply and fold the halves, as in Wang Yi's wyhash; constants from the
// fractions of the golden ratio and of square roots.
#pragma once

#if __cplusplus < 201709L // what g++ 10 says of C++20
#error "ebb needs C++20: compile with -std=c++20 or a later standard"
#else

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#define EBB_NO_HASH                                                                                \
    "ebb: the key has no hash: write template <> struct std::hash<Key> { std::size_t "             \
    "operator()(const Key&) const; }, or give the map a hash function (Hash)"

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
///
/// Both factors of every product are secret. A factor of 0 or 1 would make the other one's bytes
/// count for nothing, and a factor that anybody can compute can be chosen to be that: so it is in
/// wyhash, also in its form that adds the factors to the product. Nor do the two differ by a
/// constant, or bytes that change places would give the same product.
[[nodiscard]] inline std::uint64_t hash_bytes(const void* data, std::size_t size,
                                              std::uint64_t seed) noexcept {
    const auto* p = static_cast<const std::byte*>(data);
    const std::uint64_t secret = seed * hash_b + hash_c;
    std::uint64_t state = seed ^ hash_a;
    std::uint64_t first = 0;
    std::uint64_t second = 0;
    if (size >= 8) {
        const std::byte* const last = p + size - 16; // read only where size > 16
        for (std::size_t left = size; left > 16; left -= 16, p += 16) {
            state = fold(load<std::uint64_t>(p) ^ secret, load<std::uint64_t>(p + 8) ^ state);
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
    return mix(fold(first ^ secret, second ^ state) ^ size, seed);
}

template <class T>
concept byte_like = std::same_as<T, std::byte> ||(std::integral<T> && sizeof(T) == 1);

template <class T>
inline constexpr bool is_byte_array = false;
template <byte_like T, std::size_t N>
inline constexpr bool is_byte_array<std::array<T, N>> = true;

/// A key that std::hash takes.
template <class Key>
concept has_std_hash = requires(const Key& key) {
    { std::hash<Key>{}(key) } -> std::convertible_to<std::size_t>;
};

/// Of text: by its characters, whatever holds them.
template <class Char>
struct text_hash {
    using is_seeded = void;
    using is_transparent = void;
    [[nodiscard]] std::uint64_t operator()(std::basic_string_view<Char> text,
                                           std::uint64_t seed) const noexcept {
        return hash_bytes(text.data(), text.size() * sizeof(Char), seed);
    }
};

} // namespace detail

/// A hash under a seed: of integers, the standard's strings and string views, arrays of bytes,
/// pairs and tuples by itself; of every other type by std::hash, mixed: also where a type converts
/// to one of those, for it may have an equality of its own.
/// Threads: any.
template <class Key>
struct hash {
    using is_seeded = void;
    [[nodiscard]] std::uint64_t operator()(const Key& key, std::uint64_t seed) const {
        if constexpr (std::is_integral_v<Key> && sizeof(Key) <= sizeof(std::uint64_t)) {
            return detail::mix(static_cast<std::uint64_t>(key), seed);
        } else if constexpr (detail::is_byte_array<Key>) {
            return detail::hash_bytes(key.data(), key.size(), seed);
        } else if constexpr (detail::has_std_hash<Key>) {
            return detail::mix(std::hash<Key>{}(key), seed);
        } else {
            static_assert(detail::has_std_hash<Key>, EBB_NO_HASH);
            return 0;
        }
    }
};

/// With std::equal_to<> beside it a map of std::string finds string views and literals, and makes
/// no string for it.
template <class Char, class Allocator>
struct hash<std::basic_string<Char, std::char_traits<Char>, Allocator>> : detail::text_hash<Char> {
};
template <class Char>
struct hash<std::basic_string_view<Char, std::char_traits<Char>>> : detail::text_hash<Char> {};

template <class A, class B>
requires(!detail::has_std_hash<std::pair<A, B>>) struct hash<std::pair<A, B>> {
    using is_seeded = void;
    [[nodiscard]] std::uint64_t operator()(const std::pair<A, B>& key, std::uint64_t seed) const {
        return hash<B>{}(key.second, hash<A>{}(key.first, seed));
    }
};

template <class... Parts>
requires(!detail::has_std_hash<std::tuple<Parts...>>) struct hash<std::tuple<Parts...>> {
    using is_seeded = void;
    [[nodiscard]] std::uint64_t operator()(const std::tuple<Parts...>& key,
                                           std::uint64_t seed) const {
        return std::apply(
            [seed](const Parts&... parts) {
                std::uint64_t state = detail::mix(sizeof...(Parts), seed);
                ((state = hash<Parts>{}(parts, state)), ...);
                return state;
            },
            key);
    }
};

namespace detail {

/// Keys that ebb::hash takes.
template <class Key>
inline constexpr bool is_hashed_by_ebb =
    (std::is_integral_v<Key> && sizeof(Key) <= 8) || is_byte_array<Key> || has_std_hash<Key>;
template <class A, class B>
inline constexpr bool is_hashed_by_ebb<std::pair<A, B>> = has_std_hash<std::pair<A, B>> ||
                                                          (is_hashed_by_ebb<A> &&
                                                           is_hashed_by_ebb<B>);
template <class... Parts>
inline constexpr bool is_hashed_by_ebb<std::tuple<Parts...>> = has_std_hash<std::tuple<Parts...>> ||
                                                               (is_hashed_by_ebb<Parts> && ...);
template <class Char, class Allocator>
inline constexpr bool is_hashed_by_ebb<std::basic_string<Char, std::char_traits<Char>, Allocator>> =
    true;

/// A hash function that is called with the map's seed beside the key, and whose results need no
/// mixing: it has a type of this name. That alone says so; a second parameter may mean anything.
template <class Hash>
concept seeded_hash = requires {
    typename Hash::is_seeded;
};

/// As a map calls it.
template <class Hash, class Key>
auto seeded_call(const Hash& function, const Key& key) -> decltype(function(key));
template <class Hash, class Key>
requires seeded_hash<Hash>
auto seeded_call(const Hash& function, const Key& key) -> decltype(function(key, std::uint64_t{}));

/// A key's hash under a map's seed, whichever kind of hash function the map was given.
template <class Hash, class Key>
[[nodiscard]] inline std::uint64_t seeded(const Hash& function, const Key& key,
                                          std::uint64_t seed) {
    if constexpr (seeded_hash<Hash>) {
        return function(key, seed);
    } else {
        return mix(static_cast<std::uint64_t>(function(key)), seed);
    }
}

/// What a map asks of its hash function, one message for each; `works` where all is well.
template <class Hash, class Key>
struct hash_check {
    static constexpr bool has_hash = !std::is_same_v<Hash, hash<Key>> || is_hashed_by_ebb<Key>;
    static constexpr bool is_callable = requires(const Hash& function, const Key& key) {
        seeded_call(function, key);
    };
    static constexpr bool is_wide = [] {
        if constexpr (is_callable) {
            using result = std::remove_cvref_t<decltype(seeded_call(std::declval<const Hash&>(),
                                                                    std::declval<const Key&>()))>;
            if constexpr (std::is_integral_v<result>) {
                return sizeof(result) >= 4;
            } else {
                return std::is_class_v<result> && std::is_convertible_v<result, std::size_t>;
            }
        } else {
            return true;
        }
    }();
    static constexpr bool works = has_hash && is_callable && is_wide;

    /// Called where a map is made. In a function, because a class with a message is no class any
    /// more, and all that uses it would have one more.
    static constexpr void tell() noexcept {
        static_assert(has_hash, EBB_NO_HASH);
        static_assert(is_callable,
                      "ebb: the hash function can't be called with a const key: it needs a "
                      "const operator()(const Key&) that returns an integer");
        static_assert(is_wide, "ebb: the hash function must return an integer of at least 32 bits");
    }
};

/// What a map asks of its comparison, likewise.
template <class Equal, class Key>
struct equal_check {
    static constexpr bool works = std::is_invocable_v<const Equal&, const Key&, const Key&>;
    static constexpr void tell() noexcept {
        static_assert(works,
                      "ebb: the comparison (KeyEqual) can't be called with two const keys: it "
                      "needs a const operator()(const Key&, const Key&), or the key an ==");
    }
};

} // namespace detail
} // namespace ebb

#endif // C++20
