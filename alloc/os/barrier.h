// A memory barrier on every processor that runs this process, at the cost of the one who asks:
// the others' hot paths then need none of their own (membarrier, Linux 4.14).
#pragma once

namespace ebb::os {

/// Announces the use, best while the process has one thread. False where the kernel has none.
bool register_barrier() noexcept;

/// After this, every other thread has passed a full barrier since the call began, or is about to
/// start from one. False, and nothing done, without a registration. Cost: some microseconds.
[[nodiscard]] bool barrier_everywhere() noexcept;

} // namespace ebb::os
