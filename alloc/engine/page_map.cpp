#include <ebb/alloc/engine/metadata.h>
#include <ebb/alloc/engine/page_map.h>

#include <algorithm>

namespace ebb::engine {

constinit page_map spans;

// A leaf is too large to go back to the tables' memory: one that another thread was faster to enter
// waits for the next that is needed.
page_map::leaf* page_map::make_leaf() noexcept {
    for (shared<leaf*>& spare : spare_) {
        if (leaf* const waiting = spare.exchange(nullptr)) {
            return waiting;
        }
    }
    return static_cast<leaf*>(metadata::allocate(sizeof(leaf)));
}

// For the next that is needed. False where enough wait; then its addresses are lost.
bool page_map::keep(leaf* made) noexcept {
    for (shared<leaf*>& spare : spare_) {
        leaf* none = nullptr;
        if (spare.compare_exchange_strong(none, made)) {
            return true;
        }
    }
    return false;
}

bool page_map::prepare() noexcept {
    for (const shared<leaf*>& spare : spare_) {
        if (spare.load() == nullptr) {
            auto* const made = static_cast<leaf*>(metadata::allocate(sizeof(leaf)));
            if (made == nullptr || !keep(made)) {
                return made != nullptr;
            }
        }
    }
    return true;
}

std::uintptr_t page_map::next(std::uintptr_t address) const noexcept {
    const std::size_t last = last_leaf_.load();
    for (std::size_t i = std::max(address >> 32, first_leaf_.load()); i <= last; ++i) {
        const leaf* const l = root_[i].load(std::memory_order_acquire);
        const std::size_t first = i == address >> 32 ? (address >> block_shift) % leaf_words : 0;
        for (std::size_t w = first; l != nullptr && w < leaf_words; ++w) {
            if (page_entry(l->words[w].load(std::memory_order_relaxed)).owner() != nullptr) {
                return (i << 32) + (w << block_shift);
            }
        }
    }
    return 0;
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
                static_cast<void>(keep(made));
            }
            std::size_t first = first_leaf_.load();
            while (i < first && !first_leaf_.compare_exchange_weak(first, i)) {
            }
            std::size_t last = last_leaf_.load();
            while (i > last && !last_leaf_.compare_exchange_weak(last, i)) {
            }
        }
    }
    return true;
}

} // namespace ebb::engine
