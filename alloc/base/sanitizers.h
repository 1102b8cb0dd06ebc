// Which sanitizer this was built for, and its marks for bytes that nobody may touch.
#pragma once

#include <cstddef>

extern "C" { // the address sanitizer's runtime, which is there where it is asked for
void __asan_poison_memory_region(const volatile void* from, std::size_t bytes);   // NOLINT
void __asan_unpoison_memory_region(const volatile void* from, std::size_t bytes); // NOLINT
void* __asan_region_is_poisoned(void* from, std::size_t bytes);                   // NOLINT
}

namespace ebb {

#if defined(__has_feature)
#define EBB_HAS_FEATURE(x) __has_feature(x)
#else
#define EBB_HAS_FEATURE(x) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || EBB_HAS_FEATURE(address_sanitizer)
inline constexpr bool address_sanitized = true;
/// For an allocator's own look at bytes that are poisoned for the program.
#define EBB_UNSANITIZED __attribute__((no_sanitize_address))
#else
inline constexpr bool address_sanitized = false;
#define EBB_UNSANITIZED
#endif

#if defined(__SANITIZE_THREAD__) || EBB_HAS_FEATURE(thread_sanitizer)
inline constexpr bool thread_sanitized = true;
#else
inline constexpr bool thread_sanitized = false;
#endif

/// By either.
inline constexpr bool sanitized = address_sanitized || thread_sanitized;

/// Nobody may touch these bytes until they are unpoisoned. Without the address sanitizer nothing.
inline void poison_bytes([[maybe_unused]] void* p, [[maybe_unused]] std::size_t n) noexcept {
    if constexpr (address_sanitized) {
        __asan_poison_memory_region(p, n);
    }
}
inline void unpoison_bytes([[maybe_unused]] void* p, [[maybe_unused]] std::size_t n) noexcept {
    if constexpr (address_sanitized) {
        __asan_unpoison_memory_region(p, n);
    }
}

/// Whether one of these bytes is poisoned. Without the address sanitizer none is.
[[nodiscard]] inline bool is_poisoned([[maybe_unused]] void* p,
                                      [[maybe_unused]] std::size_t n) noexcept {
    if constexpr (address_sanitized) {
        return __asan_region_is_poisoned(p, n) != nullptr;
    } else {
        return false;
    }
}

} // namespace ebb
