#include <ebb/alloc/os/process.h>
#include <ebb/bench/memory.h>

namespace ebb::bench {

std::optional<std::uint64_t> memory_for_cells() {
    return os::available_bytes();
}

} // namespace ebb::bench
