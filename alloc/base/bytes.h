// Arithmetic on byte counts and addresses. No state, no allocation.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace ebb {

inline constexpr std::size_t kib = 1024;
inline constexpr std::size_t mib = 1024 * kib;
inline constexpr std::size_t gib = 1024 * mib;

/// Whether `alignment` is one that an allocator accepts: a power of two.
[[nodiscard]] constexpr bool is_alignment(std::size_t alignment) noexcept {
    return std::has_single_bit(alignment);
}

/// The least multiple of `alignment` not below `bytes`.
/// Requires: `is_alignment(alignment)`; wraps to a smaller value on overflow, so callers that take
/// sizes from outside compare the result with what they passed.
[[nodiscard]] constexpr std::size_t align_up(std::size_t bytes, std::size_t alignment) noexcept {
    return (bytes + alignment - 1) & ~(alignment - 1);
}

/// The greatest multiple of `alignment` not above `bytes`.
[[nodiscard]] constexpr std::size_t align_down(std::size_t bytes, std::size_t alignment) noexcept {
    return bytes & ~(alignment - 1);
}

[[nodiscard]] inline std::uintptr_t address_of(const void* p) noexcept {
    return reinterpret_cast<std::uintptr_t>(p);
}

[[nodiscard]] inline bool is_aligned(const void* p, std::size_t alignment) noexcept {
    return (address_of(p) & (alignment - 1)) == 0;
}

/// Bytes in a row.
struct byte_range {
    void* at;
    std::size_t bytes;
};

/// `p` moved by `bytes`.
[[nodiscard]] inline void* advance(void* p, std::size_t bytes) noexcept {
    return static_cast<std::byte*>(p) + bytes;
}

[[nodiscard]] inline std::size_t distance_bytes(const void* from, const void* to) noexcept {
    return static_cast<std::size_t>(address_of(to) - address_of(from));
}

} // namespace ebb
