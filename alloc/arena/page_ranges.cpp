#include <ebb/alloc/arena/page_ranges.h>
#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/base/check.h>
#include <ebb/alloc/base/narrow.h>
#include <ebb/alloc/os/pages.h>

#include <algorithm>
#include <bit>
#include <new>

namespace ebb {
namespace {

constexpr std::size_t largest_region = 64 * mib;

} // namespace

page_ranges::~page_ranges() {
    for (const region& r : regions_) {
        os::unmap(r.at, r.ranges * range_bytes_);
    }
}

void* page_ranges::take() {
    if (in_use_ == ranges_) {
        extend();
    }
    while (regions_[first_].free_count == 0) {
        ++first_;
    }
    region& r = regions_[first_];
    without_use_ -= r.free_count == r.ranges ? 1 : 0;
    --r.free_count;
    ++in_use_;
    std::size_t word = 0;
    while (r.free[word] == 0) {
        ++word;
    }
    const auto bit = static_cast<std::size_t>(std::countr_zero(r.free[word]));
    r.free[word] &= r.free[word] - 1;
    return advance(r.at, (word * 64 + bit) * range_bytes_);
}

void page_ranges::give(void* range) noexcept {
    const auto at = first_not_above(range);
    EBB_ASSERT(at != regions_.end(), "page_ranges: a range of no region");
    const auto n = static_cast<std::size_t>(at - regions_.begin());
    const std::size_t i = distance_bytes(at->at, range) / range_bytes_;
    EBB_ASSERT(i < at->ranges && (at->free[i / 64] >> i % 64 & 1) == 0,
               "page_ranges: a range that isn't in use");
    at->free[i / 64] |= std::uint64_t{1} << i % 64;
    ++at->free_count;
    --in_use_;
    first_ = std::min(first_, n);
    if (at->free_count == at->ranges && ++without_use_ > 1) {
        unmap(n);
    }
}

void page_ranges::trim() noexcept {
    for (std::size_t n = regions_.size(); n > 0 && without_use_ > 0; --n) {
        if (regions_[n - 1].free_count == regions_[n - 1].ranges) {
            unmap(n - 1);
        }
    }
    if (regions_.empty()) {
        regions_ = std::vector<region>();
    }
}

void page_ranges::extend() {
    if (regions_.size() == regions_.capacity()) {
        regions_.reserve(std::max<std::size_t>(regions_.size() * 2, 4));
    }
    const std::size_t most = std::clamp<std::size_t>(largest_region / range_bytes_, 1, most_ranges);
    const std::size_t count = std::clamp<std::size_t>(ranges_, 1, most);
    void* const at = os::map_as_is(count * range_bytes_, os::page_size());
    if (at == nullptr) {
        throw std::bad_alloc();
    }
    os::keep_small(at, count * range_bytes_);
    region r{at, bounded<std::uint32_t>(count), bounded<std::uint32_t>(count), {}};
    for (std::size_t i = 0; i < count; ++i) {
        r.free[i / 64] |= std::uint64_t{1} << i % 64;
    }
    const auto place = first_not_above(at);
    first_ = static_cast<std::size_t>(place - regions_.begin());
    regions_.insert(place, r);
    ranges_ += count;
    ++without_use_;
}

std::vector<page_ranges::region>::iterator
page_ranges::first_not_above(const void* address) noexcept {
    return std::partition_point(regions_.begin(), regions_.end(), [&](const region& r) {
        return address_of(r.at) > address_of(address);
    });
}

// A region without ranges in use.
void page_ranges::unmap(std::size_t n) noexcept {
    os::unmap(regions_[n].at, regions_[n].ranges * range_bytes_);
    ranges_ -= regions_[n].ranges;
    --without_use_;
    regions_.erase(regions_.begin() + static_cast<std::ptrdiff_t>(n));
    first_ -= first_ > n ? 1 : 0;
}

void page_ranges::validate() const {
    std::size_t ranges = 0;
    std::size_t free = 0;
    std::size_t without_use = 0;
    for (std::size_t n = 0; n < regions_.size(); ++n) {
        const region& r = regions_[n];
        std::size_t bits = 0;
        for (const std::uint64_t word : r.free) {
            bits += static_cast<std::size_t>(std::popcount(word));
        }
        EBB_CHECK(bits == r.free_count && bits <= r.ranges, "page_ranges: a region is miscounted");
        EBB_CHECK(n >= first_ || bits == 0, "page_ranges: room before the first that has it");
        EBB_CHECK(n == 0 || address_of(regions_[n - 1].at) > address_of(r.at),
                  "page_ranges: regions out of order");
        ranges += r.ranges;
        free += bits;
        without_use += bits == r.ranges ? 1 : 0;
    }
    EBB_CHECK(ranges == ranges_ && ranges - free == in_use_, "page_ranges: ranges are miscounted");
    EBB_CHECK(without_use == without_use_ && without_use <= 1,
              "page_ranges: regions without use are kept");
}

} // namespace ebb
