#include <ebb/alloc/engine/metadata.h>
#include <ebb/alloc/engine/page_map.h>

namespace ebb::engine {

constinit page_map spans;

bool page_map::cover(std::uintptr_t address, std::size_t bytes) noexcept {
    if ((address + bytes - 1) >> 48 != 0) {
        return false;
    }
    for (std::size_t i = address >> 32; i <= (address + bytes - 1) >> 32; ++i) {
        if (root_[i].load(std::memory_order_relaxed) == nullptr) {
            auto* const l = static_cast<leaf*>(metadata::allocate(sizeof(leaf)));
            if (l == nullptr) {
                return false;
            }
            root_[i].store(l, std::memory_order_release);
        }
    }
    return true;
}

} // namespace ebb::engine
