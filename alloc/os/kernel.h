// The kernel's calls about memory, as they are: no function of libc's or of somebody else's runs
// between. A preloaded library may stand in for mmap, munmap or madvise, take a lock there and
// allocate; inside of malloc that would hang or never end. Internal to alloc/os.
//
// Each returns what the kernel returned: a negative error where it refused (-ENOMEM). errno isn't
// touched. A sanitizer must see which addresses come and go, so its builds call libc's functions.
//
// Threads: any, also one that libc doesn't know.
#pragma once

#include <ebb/alloc/base/bytes.h>

#include <cstddef>

namespace ebb::os::kernel {

/// Private, anonymous pages wherever there is room. Returns their address.
long map(std::size_t bytes, int protection) noexcept;

/// The same in the place of what is mapped there.
long map_over(void* pages, std::size_t bytes, int protection) noexcept;

long unmap(void* pages, std::size_t bytes) noexcept;

/// The same where nothing is mapped yet; elsewhere, before Linux 4.17.
long map_into(void* hole, std::size_t bytes, int protection) noexcept;

/// A mapping to another place, over what is there, maybe longer; or to any that the kernel finds
/// for its new length.
long move(void* from, std::size_t bytes, void* to, std::size_t to_bytes) noexcept;
long grow(void* from, std::size_t bytes, std::size_t new_bytes) noexcept;
long protect(void* pages, std::size_t bytes, int protection) noexcept;
long advise(void* pages, std::size_t bytes, int advice) noexcept;
long in_core(void* pages, std::size_t bytes, unsigned char* out) noexcept;

/// Advice on many ranges of this process's own memory, 1,024 at most (process_madvise on itself,
/// Linux 6.15). Returns the bytes of the ranges before the first that was refused.
long advise_all(const byte_range* ranges, std::size_t count, int advice) noexcept;

/// Locks each page into memory when it is touched, and none before (mlock2); or no longer.
long lock_on_fault(void* pages, std::size_t bytes) noexcept;
long unlock(void* pages, std::size_t bytes) noexcept;

/// The name that smaps shows for an anonymous mapping.
long name(void* pages, std::size_t bytes, const char* text) noexcept;

/// Random bytes that are there without waiting. Returns how many.
long random(void* out, std::size_t bytes) noexcept;

} // namespace ebb::os::kernel
