// Time since some moment before this process, never backwards. It is read from the vDSO
// (os/vdso.h), so that no clock_gettime of somebody else's runs inside of malloc; where there is
// none, by a raw system call.
#pragma once

#include <cstdint>

namespace ebb::os {

/// Nanoseconds. Cost: a few loads and a read of the processor's counter. Threads: any, also one
/// that libc doesn't know.
[[nodiscard]] std::uint64_t monotonic_nanoseconds() noexcept;

/// Milliseconds; wraps after 49 days, so compare differences. Resolution: the kernel's tick (1 to
/// 10 ms). Cost: a few loads. Threads: any, also one that libc doesn't know.
[[nodiscard]] std::uint32_t coarse_milliseconds() noexcept;

} // namespace ebb::os
