#include <ebb/alloc/os/start_up.h>

#include <sys/auxv.h>

namespace ebb::os {

bool secure_execution() noexcept {
    return ::getauxval(AT_SECURE) != 0;
}

} // namespace ebb::os
