// The keys and values of the map suite.
//
// Keys are distinct by construction: the n-th is a mixed n (a bijection), n itself, or a text of 25
// characters that ends in the mixed n, beyond what a std::string holds in place. A value's first
// eight bytes tell its key, so that every loop's sum can be checked.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ebb::bench::peers {

enum class key_kind : std::uint8_t { random, sequential, string };

inline constexpr std::array<std::string_view, 3> key_kind_names{"random", "sequential", "string"};

/// Absent when it is no such name.
[[nodiscard]] std::optional<key_kind> key_kind_of(std::string_view name);

template <std::size_t Bytes>
struct value {
    std::uint64_t head = 0;
    std::array<std::byte, Bytes - 8> rest{};
};
template <>
struct value<8> {
    std::uint64_t head = 0;
};

inline constexpr std::array<std::size_t, 5> value_sizes{8, 32, 128, 1024, 1400};

[[nodiscard]] inline std::uint64_t head_of(std::int64_t key) noexcept {
    return static_cast<std::uint64_t>(key);
}
[[nodiscard]] inline std::uint64_t head_of(const std::string& key) noexcept {
    std::uint64_t head;
    std::memcpy(&head, key.data() + key.size() - sizeof head, sizeof head);
    return head;
}

/// The keys number `from` to `from + count`, in that order or shuffled. They lie one after the
/// other in memory in the order of the result. Keep them: freeing a large table changes from which
/// size on glibc maps blocks of their own, and so what is measured.
template <class Key>
[[nodiscard]] std::vector<Key> make_keys(key_kind kind, std::size_t from, std::size_t count,
                                         bool shuffled);

/// Bytes that a key takes outside of its own object.
[[nodiscard]] std::size_t bytes_behind(key_kind kind) noexcept;

} // namespace ebb::bench::peers
