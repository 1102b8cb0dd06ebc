// The C++ runtime of the process, which a plugin may bring long after the start.
#pragma once

namespace ebb::engine {

/// The function of that name that another object than this library exports; null where there is
/// none. For when memory is out: it looks at every loaded object. Threads: any, holding no lock.
[[nodiscard]] void* runtime_function(const char* name) noexcept;

} // namespace ebb::engine
