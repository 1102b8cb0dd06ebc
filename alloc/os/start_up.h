// What the kernel handed to the process at its start.
#pragma once

#include <cstdint>

namespace ebb::os {

/// Whether the process runs with more rights than its caller (setuid, capabilities): then its
/// environment is somebody else's word.
[[nodiscard]] bool secure_execution() noexcept;

} // namespace ebb::os
