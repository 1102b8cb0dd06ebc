// Which sanitizer this was built for.
#pragma once

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

/// Instrumented code needs thread-local storage that a thread made by clone hasn't.
inline constexpr bool sanitized = address_sanitized || thread_sanitized;

} // namespace ebb
