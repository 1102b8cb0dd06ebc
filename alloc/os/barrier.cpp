#include <ebb/alloc/os/barrier.h>
#include <ebb/alloc/os/system_call.h>

#include <linux/membarrier.h>
#include <sys/syscall.h>

namespace ebb::os {

bool register_barrier() noexcept {
    return system_call(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0;
}

bool barrier_everywhere() noexcept {
    return system_call(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0;
}

} // namespace ebb::os
