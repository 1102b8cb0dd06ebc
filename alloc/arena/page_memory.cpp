#include <ebb/alloc/arena/marks.h>
#include <ebb/alloc/arena/page_memory.h>
#include <ebb/alloc/arena/page_ranges.h>
#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/base/check.h>
#include <ebb/alloc/os/pages.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <new>
#include <tuple>
#include <utility>

namespace ebb {
namespace {

constexpr std::size_t largest_kept = 256 * kib;

std::size_t whole_pages(std::size_t bytes) noexcept {
    return align_up(bytes, os::page_size());
}

// Beyond a block its range has no memory.
const void* range_end(void* range, std::size_t index) noexcept {
    return advance(range, std::size_t{1} << index);
}

// The range of a class that was given back last.
struct kept_range {
    void* at = nullptr;    // it still has its pages,
    std::size_t bytes = 0; // so many bytes of them
};

} // namespace

struct page_memory::kept_ranges {
    std::array<kept_range, std::countr_zero(page_ranges::most_bytes) + 1> of;

    static std::size_t index(std::size_t largest) noexcept {
        return static_cast<std::size_t>(std::bit_width(std::max(largest, os::page_size()) - 1));
    }
};

page_memory::page_memory(page_memory&& other) noexcept
    : counts_(std::exchange(other.counts_, {})), kept_(std::move(other.kept_)) {}

page_memory& page_memory::operator=(page_memory&& other) noexcept {
    page_memory taken(std::move(other));
    swap(*this, taken);
    return *this;
}

page_memory::page_memory() noexcept = default;
page_memory::~page_memory() {
    trim();
}

void swap(page_memory& a, page_memory& b) noexcept {
    std::swap(a.counts_, b.counts_);
    std::swap(a.kept_, b.kept_);
}

void* page_memory::allocate_apart(std::size_t bytes, std::size_t alignment) {
    EBB_CHECK(is_alignment(alignment), "page_memory: alignment must be a power of two");
    if (bytes > PTRDIFF_MAX) { // an aligned operator new may round it up past the end
        throw std::bad_alloc();
    }
    return alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__
               ? ::operator new(std::max(bytes, alignment)) // 8 bytes may lie at 8
               : ::operator new(bytes, std::align_val_t(alignment));
}

void* page_memory::allocate(std::size_t bytes, std::size_t alignment) {
    void* const p = allocate_apart(bytes, alignment);
    counts_.map(slot_bytes(p, bytes, alignment), 0);
    counts_.charge(bytes, slot_bytes(p, bytes, alignment));
    return p;
}

void page_memory::deallocate(void* p, std::size_t bytes, std::size_t alignment) noexcept {
    counts_.refund(bytes, slot_bytes(p, bytes, alignment));
    counts_.unmap(slot_bytes(p, bytes, alignment), 0);
    if (alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__) {
        ::operator delete(p);
    } else {
        ::operator delete(p, std::align_val_t(alignment));
    }
}

void page_memory::expect(std::size_t bytes) {
    if (bytes < 64 * mib) {
        return;
    }
    const std::size_t pages = whole_pages(bytes);
    void* const probe = pages < bytes ? nullptr : os::map_untouched(pages, os::page_size());
    if (probe == nullptr) {
        throw std::bad_alloc();
    }
    os::unmap(probe, pages);
}

void* page_memory::allocate_growing(std::size_t bytes, std::size_t largest) {
    const std::size_t pages = whole_pages(bytes);
    const std::size_t index = kept_ranges::index(std::max(largest, pages));
    if (pages < bytes || index >= std::tuple_size_v<decltype(kept_ranges::of)>) { // wrapped, many
        throw std::bad_alloc();
    }
    void* p = nullptr;
    if (kept_ != nullptr && kept_->of[index].at != nullptr) {
        const kept_range had = std::exchange(kept_->of[index], {});
        p = had.at;
        if (had.bytes > pages) {
            os::release_end(advance(p, pages), had.bytes - pages, range_end(p, index));
            counts_.unmap(had.bytes - pages, 0);
        } else {
            counts_.map(pages - had.bytes, 0);
        }
    } else {
        p = page_ranges::take(std::size_t{1} << index);
        counts_.map(pages, 0);
    }
    os::lock_if_asked(p, pages);
    counts_.charge(bytes, pages);
    marks::add_root(p, pages);
    return p;
}

void page_memory::deallocate_growing(void* p, std::size_t bytes, std::size_t largest) noexcept {
    const std::size_t pages = whole_pages(bytes);
    const std::size_t index = kept_ranges::index(std::max(largest, pages));
    counts_.refund(bytes, pages);
    marks::remove_root(p, pages);
    if (pages <= largest_kept && keeps()) {
        if (kept_range& kept = kept_->of[index]; kept.at == nullptr) {
            kept = {p, pages};
            return;
        }
    }
    os::release_end(p, pages, range_end(p, index));
    counts_.unmap(pages, 0);
    page_ranges::give(p, std::size_t{1} << index);
}

// Whether it has a place for what it keeps.
bool page_memory::keeps() noexcept {
    if (kept_ == nullptr) {
        try {
            kept_ = std::make_unique<kept_ranges>();
        } catch (const std::bad_alloc&) {
            return false;
        }
        counts_.map(sizeof(kept_ranges), sizeof(kept_ranges));
    }
    return true;
}

bool page_memory::resize(void* p, std::size_t bytes, std::size_t new_bytes,
                         std::size_t largest) noexcept {
    const std::size_t pages = whole_pages(bytes);
    const std::size_t new_pages = whole_pages(new_bytes);
    if (new_pages < new_bytes || kept_ranges::index(std::max(largest, new_pages)) !=
                                     kept_ranges::index(std::max(largest, pages))) {
        return false;
    }
    counts_.refund(bytes, pages);
    marks::remove_root(p, pages);
    if (new_pages < pages) {
        os::release_end(advance(p, new_pages), pages - new_pages,
                        range_end(p, kept_ranges::index(std::max(largest, pages))));
        os::unlock_if_asked(advance(p, new_pages), pages - new_pages);
        counts_.unmap(pages - new_pages, 0);
    } else if (new_pages > pages) {
        os::lock_if_asked(advance(p, pages), new_pages - pages);
        counts_.map(new_pages - pages, 0);
    }
    counts_.charge(new_bytes, new_pages);
    marks::add_root(p, new_pages);
    return true;
}

void page_memory::populate(void* p, std::size_t bytes) noexcept {
    os::populate(p, whole_pages(bytes));
}

void page_memory::trim() noexcept {
    if (kept_ == nullptr) {
        return;
    }
    for (std::size_t index = 0; index < kept_->of.size(); ++index) {
        if (const kept_range kept = std::exchange(kept_->of[index], {}); kept.at != nullptr) {
            os::release_end(kept.at, kept.bytes, range_end(kept.at, index));
            counts_.unmap(kept.bytes, 0);
            page_ranges::give(kept.at, std::size_t{1} << index);
        }
    }
    kept_.reset();
    counts_.unmap(sizeof(kept_ranges), sizeof(kept_ranges));
}

void page_memory::validate() const {
    const ledger l = counts_.read();
    std::uint64_t idle = 0;
    if (kept_ != nullptr) {
        for (const kept_range& kept : kept_->of) {
            idle += kept.bytes;
        }
    }
    EBB_CHECK(l.idle == idle, "page_memory: idle bytes are off");
    EBB_CHECK(l.overhead == (kept_ != nullptr ? sizeof(kept_ranges) : 0),
              "page_memory: overhead bytes are off");
}

} // namespace ebb
