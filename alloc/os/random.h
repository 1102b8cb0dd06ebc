// Random bits of the system's.
#pragma once

#include <cstdint>

namespace ebb::os {

/// 64 random bits; where the kernel has none yet (early boot, seccomp), bits of the clock and the
/// address space. errno stays. Cost: a system call. Threads: any.
[[nodiscard]] std::uint64_t random_word() noexcept;

} // namespace ebb::os
