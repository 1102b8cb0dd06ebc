#include <ebb/alloc/arena/marks.h>
#include <ebb/alloc/arena/slab_pages.h>
#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/base/check.h>
#include <ebb/alloc/base/narrow.h>
#include <ebb/alloc/os/pages.h>

#include <bit>
#include <new>

namespace ebb::slab_pages {

void* map(std::size_t bytes) {
    // Aligned by luck where it joins the slab before.
    void* at = os::map_as_is(bytes, os::page_size());
    if (at != nullptr && !is_aligned(at, bytes)) {
        os::unmap(at, bytes);
        at = os::map_as_is(bytes, bytes);
    }
    if (at == nullptr) {
        throw std::bad_alloc();
    }
    os::keep_small(at, bytes);
    marks::add_root(at, bytes);
    return at;
}

void populate(void* pages, std::size_t bytes) noexcept {
    os::populate(pages, bytes);
}

void release(void* pages, std::size_t bytes) noexcept {
    os::release(pages, bytes);
}

void unmap(void* slab, std::size_t bytes) noexcept {
    marks::remove_root(slab, bytes);
    marks::unpoison(slab, bytes); // the addresses may be used again
    os::unmap(slab, bytes);
}

unsigned page_bits() noexcept {
    return bounded<unsigned>(std::countr_zero(os::page_size()));
}

} // namespace ebb::slab_pages
