#include <ebb/alloc/engine/runtime.h>
#include <ebb/alloc/os/loaded.h>

namespace ebb::engine {

void* runtime_function(const char* name) noexcept {
    return os::find_exported(name, reinterpret_cast<const void*>(&runtime_function));
}

} // namespace ebb::engine
