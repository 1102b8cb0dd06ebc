// What the kernel handed to the process at its start.
#pragma once

#include <cstdint>

namespace ebb::os {

/// 64 random bits of this process's own, the same at every call and in forked children.
[[nodiscard]] std::uint64_t process_secret() noexcept;

/// Whether the process runs with more rights than its caller (setuid, capabilities): then its
/// environment is somebody else's word.
[[nodiscard]] bool secure_execution() noexcept;

} // namespace ebb::os
