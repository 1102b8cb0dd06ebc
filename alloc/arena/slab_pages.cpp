#include <ebb/alloc/arena/marks.h>
#include <ebb/alloc/arena/page_ranges.h>
#include <ebb/alloc/arena/slab_pages.h>
#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/base/check.h>
#include <ebb/alloc/base/narrow.h>
#include <ebb/alloc/os/pages.h>

#include <bit>

namespace ebb::slab_pages {

void* map(std::size_t bytes) {
    EBB_CHECK(bytes <= page_ranges::most_alignment, "slab_pages: too long to be aligned");
    void* const at = page_ranges::take(bytes);
    marks::add_root(at, bytes);
    return at;
}

void use(void* pages, std::size_t bytes) noexcept {
    os::lock_if_asked(pages, bytes);
}

void populate(void* pages, std::size_t bytes) noexcept {
    use(pages, bytes);
    os::populate(pages, bytes);
}

void release(void* pages, std::size_t bytes) noexcept {
    os::release(pages, bytes);
}

void release(const byte_range* ranges, std::size_t count) noexcept {
    os::release_all(ranges, count);
}

void release_one_by_one() noexcept {
    os::release_one_by_one();
}

void unmap(void* slab, std::size_t bytes) noexcept {
    marks::remove_root(slab, bytes);
    marks::unpoison(slab, bytes); // the addresses may be used again
    page_ranges::give(slab, bytes);
}

unsigned page_bits() noexcept {
    return bounded<unsigned>(std::countr_zero(os::page_size()));
}

} // namespace ebb::slab_pages
