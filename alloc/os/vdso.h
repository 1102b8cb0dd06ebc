// Functions that the kernel maps into every process (the vDSO): the clock without a system call.
// libc's clock_gettime goes there too, but a preloaded library may stand in for that one
// (libfaketime), and inside of malloc nobody else's code may run. Internal to alloc/os.
#pragma once

namespace ebb::os {

/// The function of that name, or null where the kernel has none (also under valgrind and in some
/// emulators). Cost: a look into its table of names. Threads: any.
[[nodiscard]] void* vdso_function(const char* name) noexcept;

} // namespace ebb::os
