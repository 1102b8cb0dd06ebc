#include <ebb/alloc/arena/marks.h>
#include <ebb/alloc/arena/page_memory.h>
#include <ebb/alloc/arena/page_ranges.h>
#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/base/check.h>
#include <ebb/alloc/base/narrow.h>
#include <ebb/alloc/os/pages.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <new>
#include <optional>
#include <utility>

namespace ebb {
namespace {

constexpr std::size_t largest_kept = 256 * kib;

std::size_t whole_pages(std::size_t bytes) noexcept {
    return align_up(bytes, os::page_size());
}

// The ranges of one power of two.
struct range_class {
    explicit range_class(std::size_t range_bytes) noexcept : from(range_bytes) {}

    page_ranges from;
    void* kept = nullptr;       // a range that still has its pages,
    std::size_t kept_bytes = 0; // and how many bytes of them
};

} // namespace

struct page_memory::ranges {
    // Of 64 TiB and less: what a process can address.
    static constexpr unsigned classes = 47;
    std::array<std::optional<range_class>, classes> of;

    static unsigned index(std::size_t largest) noexcept {
        return bounded<unsigned>(std::bit_width(std::max(largest, os::page_size()) - 1));
    }
};

page_memory::ranges& page_memory::classes() {
    if (ranges_ == nullptr) {
        ranges_ = std::make_unique<ranges>();
        counts_.map(sizeof(ranges), sizeof(ranges));
    }
    return *ranges_;
}

page_memory::page_memory(page_memory&& other) noexcept
    : counts_(std::exchange(other.counts_, {})), ranges_(std::move(other.ranges_)) {}

page_memory& page_memory::operator=(page_memory&& other) noexcept {
    page_memory taken(std::move(other));
    swap(*this, taken);
    return *this;
}

page_memory::page_memory() noexcept = default;
page_memory::~page_memory() = default;

void swap(page_memory& a, page_memory& b) noexcept {
    std::swap(a.counts_, b.counts_);
    std::swap(a.ranges_, b.ranges_);
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
    void* const probe = pages < bytes ? nullptr : os::map_as_is(pages, os::page_size());
    if (probe == nullptr) {
        throw std::bad_alloc();
    }
    os::unmap(probe, pages);
}

void* page_memory::allocate_growing(std::size_t bytes, std::size_t largest) {
    const std::size_t pages = whole_pages(bytes);
    const unsigned index = ranges::index(std::max(largest, pages));
    if (pages < bytes || index >= ranges::classes) { // wrapped, or too many
        throw std::bad_alloc();
    }
    auto& made = classes().of[index];
    range_class& c = made ? *made : made.emplace(std::size_t{1} << index);
    if (c.kept != nullptr) {
        void* const p = std::exchange(c.kept, nullptr);
        const std::size_t had = std::exchange(c.kept_bytes, 0);
        if (had > pages) {
            os::release(advance(p, pages), had - pages);
            counts_.unmap(had - pages, 0);
        } else {
            counts_.map(pages - had, 0);
        }
        counts_.charge(bytes, pages);
        marks::add_root(p, pages);
        return p;
    }
    const std::size_t before = c.from.own_bytes();
    const auto account = [&] {
        counts_.map(c.from.own_bytes() - before, c.from.own_bytes() - before);
    };
    void* p = nullptr;
    try {
        p = c.from.take();
    } catch (...) {
        account();
        throw;
    }
    account();
    counts_.map(pages, 0);
    counts_.charge(bytes, pages);
    marks::add_root(p, pages);
    return p;
}

void page_memory::deallocate_growing(void* p, std::size_t bytes, std::size_t largest) noexcept {
    const std::size_t pages = whole_pages(bytes);
    const unsigned index = ranges::index(std::max(largest, pages));
    range_class& c = *ranges_->of[index];
    counts_.refund(bytes, pages);
    marks::remove_root(p, pages);
    if (c.kept == nullptr && pages <= largest_kept) {
        c.kept = p;
        c.kept_bytes = pages;
        return;
    }
    os::release(p, pages);
    counts_.unmap(pages, 0);
    c.from.give(p);
}

bool page_memory::resize(void* p, std::size_t bytes, std::size_t new_bytes,
                         std::size_t largest) noexcept {
    const std::size_t pages = whole_pages(bytes);
    const std::size_t new_pages = whole_pages(new_bytes);
    if (new_pages < new_bytes ||
        ranges::index(std::max(largest, new_pages)) != ranges::index(std::max(largest, pages))) {
        return false;
    }
    counts_.refund(bytes, pages);
    marks::remove_root(p, pages);
    if (new_pages < pages) {
        os::release(advance(p, new_pages), pages - new_pages);
        counts_.unmap(pages - new_pages, 0);
    } else {
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
    if (ranges_ == nullptr) {
        return;
    }
    for (auto& made : ranges_->of) {
        if (!made) {
            continue;
        }
        range_class& c = *made;
        if (c.kept != nullptr) {
            os::release(c.kept, c.kept_bytes);
            counts_.unmap(c.kept_bytes, 0);
            c.from.give(std::exchange(c.kept, nullptr));
            c.kept_bytes = 0;
        }
        const std::size_t before = c.from.own_bytes();
        c.from.trim();
        counts_.unmap(before - c.from.own_bytes(), before - c.from.own_bytes());
    }
}

void page_memory::validate() const {
    const ledger l = counts_.read();
    std::uint64_t idle = 0;
    std::uint64_t overhead = 0;
    if (ranges_ != nullptr) {
        overhead += sizeof(ranges);
        for (const auto& c : ranges_->of) {
            if (c) {
                idle += c->kept_bytes;
                overhead += c->from.own_bytes();
                c->from.validate();
            }
        }
    }
    EBB_CHECK(l.idle == idle, "page_memory: idle bytes are off");
    EBB_CHECK(l.overhead == overhead, "page_memory: overhead bytes are off");
}

} // namespace ebb
