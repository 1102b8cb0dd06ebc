// The two guards: EBB_CHECK for what a caller or the system can break (stays in release),
// EBB_ASSERT for what only ebb can break (dev builds). Both end the program with the place, the
// reason and, where there is one, the address.
#pragma once

namespace ebb {

/// Writes `ebb: FILE:LINE: REASON [at ADDRESS]` to standard error and aborts.
/// Takes no memory from any allocator, so that allocators can call it.
/// `file` and `line` are the caller's; std::source_location would say the same, but clang 14 has
/// none with libstdc++.
[[noreturn]] void check_failed(const char* reason, const void* address = nullptr,
                               const char* file = __builtin_FILE(),
                               int line = __builtin_LINE()) noexcept;

} // namespace ebb

#define EBB_CHECK(condition, reason)                                                               \
    (__builtin_expect(static_cast<bool>(condition), 1) ? static_cast<void>(0)                      \
                                                       : ::ebb::check_failed(reason))
#define EBB_CHECK_AT(condition, reason, address)                                                   \
    (__builtin_expect(static_cast<bool>(condition), 1) ? static_cast<void>(0)                      \
                                                       : ::ebb::check_failed(reason, address))
#ifdef NDEBUG
#define EBB_ASSERT(condition, reason) static_cast<void>(0)
#else
#define EBB_ASSERT(condition, reason) EBB_CHECK(condition, reason)
#endif
