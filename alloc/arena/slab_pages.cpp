#include <ebb/alloc/arena/slab_pages.h>
#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/base/check.h>
#include <ebb/alloc/base/narrow.h>
#include <ebb/alloc/base/sanitizers.h>
#include <ebb/alloc/os/pages.h>

#include <bit>
#include <new>

// Where AddressSanitizer is: pointers in slabs keep what they point to from being a leak.
extern "C" { // NOLINTBEGIN: the sanitizer's names
void __lsan_register_root_region(const void*, std::size_t) __attribute__((weak));
void __lsan_unregister_root_region(const void*, std::size_t) __attribute__((weak));
} // NOLINTEND

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
    if constexpr (address_sanitized) {
        __lsan_register_root_region(at, bytes);
    }
    return at;
}

void populate(void* pages, std::size_t bytes) noexcept {
    os::populate(pages, bytes);
}

void release(void* pages, std::size_t bytes) noexcept {
    os::release(pages, bytes);
}

void unmap(void* slab, std::size_t bytes) noexcept {
    if constexpr (address_sanitized) {
        __lsan_unregister_root_region(slab, bytes);
    }
    unpoison_bytes(slab, bytes); // the addresses may be used again
    os::unmap(slab, bytes);
}

unsigned page_bits() noexcept {
    return bounded<unsigned>(std::countr_zero(os::page_size()));
}

} // namespace ebb::slab_pages
