#include <ebb/alloc/counted/remainders.h>
#include <ebb/alloc/os/pages.h>

#include <cerrno>

namespace ebb::counted::remainders {

std::byte* leaves[leaf_count]; // zero before anything runs
constinit std::atomic<bool> exact{true};

void give_up() noexcept {
    exact.store(false, std::memory_order_relaxed);
}

namespace {

// Maps the leaf of this address; gives up where that can't be.
void add_leaf(std::uintptr_t address) noexcept {
    const std::size_t index = address >> leaf_shift;
    if (leaf_of(address) != nullptr) {
        return;
    }
    const int error = errno;
    void* const pages = index < leaf_count ? os::map_as_is(leaf_bytes, os::page_size()) : nullptr;
    errno = error;
    if (pages == nullptr) {
        give_up();
        return;
    }
    os::keep_small(pages, leaf_bytes); // a leaf is sparse
    os::name_pages(pages, leaf_bytes, "ebb remainders");
    std::byte* none = nullptr;
    if (!__atomic_compare_exchange_n(&leaves[index], &none, static_cast<std::byte*>(pages), false,
                                     __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
        os::unmap(pages, leaf_bytes);
    }
}

} // namespace

void keep(void* p, std::size_t usable, std::size_t requested) noexcept {
    if (try_keep(p, usable, requested)) {
        return;
    }
    if (usable == 0 || requested > usable) {
        give_up();
        return;
    }
    // A large block's own part may lie in the next leaf.
    add_leaf(address_of(p));
    add_leaf(align_up(address_of(p), usable < word_from ? short_span : word_span));
    static_cast<void>(try_keep(p, usable, requested));
}

} // namespace ebb::counted::remainders
