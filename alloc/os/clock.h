// Time for what waits in milliseconds.
#pragma once

#include <cstdint>

namespace ebb::os {

/// Milliseconds since some moment before this process, never backwards; wraps after 49 days, so
/// compare differences. Resolution: the kernel's tick (1 to 10 ms). Cost: a few loads, no system
/// call. Threads: any, also one that libc doesn't know.
[[nodiscard]] std::uint32_t coarse_milliseconds() noexcept;

} // namespace ebb::os
