#include <ebb/alloc/engine/metadata.h>
#include <ebb/alloc/engine/page_map.h>

namespace ebb::engine {

constinit page_map spans;

// A leaf is too large to go back to the tables' memory: one that another thread was faster to enter
// waits for the next that is needed.
page_map::leaf* page_map::make_leaf() noexcept {
    if (leaf* const waiting = spare_.exchange(nullptr)) {
        return waiting;
    }
    return static_cast<leaf*>(metadata::allocate(sizeof(leaf)));
}

bool page_map::cover(std::uintptr_t address, std::size_t bytes) noexcept {
    if ((address + bytes - 1) >> 48 != 0) {
        return false;
    }
    for (std::size_t i = address >> 32; i <= (address + bytes - 1) >> 32; ++i) {
        if (root_[i].load(std::memory_order_acquire) == nullptr) {
            leaf* const made = make_leaf();
            if (made == nullptr) {
                return false;
            }
            leaf* before = nullptr;
            if (!root_[i].compare_exchange_strong(before, made)) {
                spare_.store(made);
            }
        }
    }
    return true;
}

} // namespace ebb::engine
