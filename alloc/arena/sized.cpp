#include <ebb/alloc/arena/sized.h>
#include <ebb/alloc/os/pages.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace ebb {

static_assert(zeroing_arena<sized>);

namespace {

// Whole pages for a block; wraps to less than `bytes` when it can't be.
std::size_t whole_pages(std::size_t bytes) noexcept {
    return align_up(std::max(bytes, std::size_t{1}), os::page_size());
}

} // namespace

large_blocks::taken sized::take_large(std::size_t bytes, std::size_t alignment) {
    EBB_CHECK(is_alignment(alignment), "sized: alignment must be a power of two");
    const std::size_t whole = whole_pages(bytes);
    if (whole < bytes) {
        throw std::bad_alloc();
    }
    const large_blocks::taken t = large_.take(whole, alignment);
    counts_.charge(bytes, t.bytes);
    return t;
}

void sized::deallocate_large(void* p, std::size_t bytes) noexcept {
    counts_.refund(bytes, large_.give(p, whole_pages(bytes)));
}

void* sized::allocate_zeroed(std::size_t bytes, std::size_t alignment) {
    if (is_large(round_up(bytes, alignment), alignment)) {
        const large_blocks::taken t = take_large(bytes, alignment);
        const bool is_zeroed = t.is_fresh && upstream_ == &system_pages();
        return is_zeroed ? t.block : std::memset(t.block, 0, bytes);
    }
    return std::memset(allocate(bytes, alignment), 0, bytes);
}

std::size_t sized::slot_bytes(const void* p, std::size_t bytes,
                              std::size_t alignment) const noexcept {
    const std::size_t rounded = round_up(bytes, alignment);
    return is_large(rounded, alignment) ? large_.bytes_of(p)
                                        : size_class::bytes_of(size_class::index_of(rounded));
}

void sized::trim() noexcept {
    for (slots& s : classes_) {
        s.trim();
    }
    large_.trim();
}

void sized::validate() const {
    large_.validate();
    std::uint64_t live = large_.bytes();
    std::uint64_t mapped = large_.bytes() + large_.idle_bytes() + large_.table_bytes();
    std::uint64_t overhead = large_.table_bytes();
    for (const slots& s : classes_) {
        live += s.validate() * s.slot_bytes();
        const slots::extent e = s.measure();
        mapped += e.mapped;
        overhead += e.overhead;
    }
    const ledger l = read();
    EBB_CHECK(l.balanced() && l.live() == live && l.mapped == mapped && l.overhead == overhead &&
                  l.dead == 0,
              "sized: the ledger differs from what stands in the chunks");
}

} // namespace ebb
