// What the kernel says of this process and of the memory left for it. The one reader of procfs.
//
// Everything here is a witness: no counter of ebb is fed from it.
// Errors: an absent value where the kernel doesn't tell. Threads: any.
#pragma once

#include <cstdint>
#include <optional>

namespace ebb::os {

/// Bytes of this process's anonymous memory that are in memory now (smaps_rollup, "Anonymous").
/// Heaps of every malloc are anonymous; the program's own files are not, so that code that is read
/// in for the first time doesn't count. Exact: the kernel walks the page tables.
/// Cost: a few system calls and that walk, no allocation.
[[nodiscard]] std::optional<std::uint64_t> anonymous_resident_bytes() noexcept;

/// Bytes of this process that are in memory now, its program and libraries included (smaps_rollup,
/// "Rss"). Cost as above.
[[nodiscard]] std::optional<std::uint64_t> resident_bytes() noexcept;

/// The highest that resident_bytes() ever stood since the process began or forget_peak() (status,
/// "VmHWM"). The kernel's counter is behind by up to 64 pages a processor. Cost: 3 system calls.
[[nodiscard]] std::optional<std::uint64_t> peak_resident_bytes() noexcept;

/// Starts the peak anew from what is resident now (clear_refs); false where the kernel refuses.
bool forget_peak_resident() noexcept;

/// Bytes that this process can still take before something gives: the least of what the machine
/// has available without swapping (MemAvailable), what its control group leaves (version 2), and
/// what its address space limit leaves (RLIMIT_AS).
[[nodiscard]] std::optional<std::uint64_t> available_bytes() noexcept;

} // namespace ebb::os
