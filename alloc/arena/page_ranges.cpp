#include <ebb/alloc/arena/page_ranges.h>
#include <ebb/alloc/base/check.h>
#include <ebb/alloc/base/narrow.h>
#include <ebb/alloc/os/pages.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

namespace ebb::page_ranges {
namespace {

constexpr std::size_t most_in_region = 1024;
constexpr std::size_t largest_region = 256 * mib;
constexpr std::size_t largest_kept = 64 * mib; // of a region without ranges in use

// A descriptor, for one region after the other.
//
//     state: | open: 1 bit | its ranges, as a power of two: 7 | of them in use: 24 |
//
// 0: there is no region. `busy`: one comes or goes, and belongs to the thread that does it.
// Bits set in `free` are at least as many as ranges not in use, whenever it is open.
struct region {
    std::atomic<std::uint32_t> state{0};
    std::atomic<std::uintptr_t> place{0}; // 0, or where an open region lies | its ranges as there
    std::array<std::atomic<std::uint64_t>, most_in_region / 64> free{};
};

constexpr std::uint32_t busy = 1;
constexpr std::uint32_t open = std::uint32_t{1} << 31;
constexpr std::uint32_t use_mask = (std::uint32_t{1} << 24) - 1;

bool is_open(std::uint32_t state) noexcept {
    return (state & open) != 0;
}
std::uint32_t ranges_of(std::uint32_t state) noexcept {
    return std::uint32_t{1} << (state >> 24 & 0x7f);
}
std::uint32_t used_of(std::uint32_t state) noexcept {
    return state & use_mask;
}

constexpr std::uintptr_t order_mask = 0xfff; // of a place: bases are aligned to a page

std::uintptr_t base_of(std::uintptr_t place) noexcept {
    return place & ~order_mask;
}

// Descriptors in blocks that are never given back.
template <std::size_t Count>
struct block_of {
    std::atomic<block_of<28>*> next{nullptr};
    std::array<region, Count> regions{};
};
using block = block_of<28>;
static_assert(sizeof(block) <= 4096);

// The ranges of one length.
struct range_class {
    block_of<4> first;
    std::atomic<std::size_t> ranges{0};       // in all its regions
    std::atomic<std::int32_t> without_use{0}; // regions, less those that are about to be counted
};
constexpr unsigned classes = 47;
constinit std::array<range_class, classes> all;

range_class& class_of(std::size_t bytes) noexcept {
    EBB_ASSERT(is_alignment(bytes) && bytes <= most_bytes, "page_ranges: of no such length");
    return all[static_cast<std::size_t>(std::countr_zero(bytes))];
}

// Calls f with each descriptor until it returns true; false where it never does.
template <class F>
bool any_region(range_class& c, const F& f) noexcept {
    for (region& r : c.first.regions) {
        if (f(r)) {
            return true;
        }
    }
    for (block* b = c.first.next.load(std::memory_order_acquire); b != nullptr;
         b = b->next.load(std::memory_order_acquire)) {
        for (region& r : b->regions) {
            if (f(r)) {
                return true;
            }
        }
    }
    return false;
}

// A range of a region that counts one more in use than has been taken.
void* take_bit(region& r, std::size_t bytes) noexcept {
    for (;;) {
        for (std::size_t w = 0; w < r.free.size(); ++w) {
            std::uint64_t bits = r.free[w].load(std::memory_order_acquire);
            while (bits != 0) {
                if (r.free[w].compare_exchange_weak(bits, bits & (bits - 1),
                                                    std::memory_order_acq_rel,
                                                    std::memory_order_acquire)) {
                    const std::size_t i = w * 64 + static_cast<std::size_t>(std::countr_zero(bits));
                    const std::uintptr_t place = r.place.load(std::memory_order_relaxed);
                    return reinterpret_cast<void*>(base_of(place) + i * bytes);
                }
            }
        }
    }
}

void* take_from(range_class& c, region& r, std::size_t bytes) noexcept {
    std::uint32_t state = r.state.load(std::memory_order_acquire);
    while (is_open(state) && used_of(state) < ranges_of(state)) {
        if (r.state.compare_exchange_weak(state, state + 1, std::memory_order_acq_rel,
                                          std::memory_order_acquire)) {
            if (used_of(state) == 0) {
                c.without_use.fetch_sub(1, std::memory_order_relaxed);
            }
            return take_bit(r, bytes);
        }
    }
    return nullptr;
}

region* claim(range_class& c) noexcept {
    region* found = nullptr;
    any_region(c, [&](region& r) {
        std::uint32_t none = 0;
        const bool mine = r.state.compare_exchange_strong(none, busy, std::memory_order_acq_rel,
                                                          std::memory_order_relaxed);
        found = mine ? &r : nullptr;
        return mine;
    });
    return found;
}

// A descriptor that is this thread's, or null without memory for it.
region* claim_or_add(range_class& c) noexcept {
    for (;;) {
        if (region* const r = claim(c)) {
            return r;
        }
        const std::size_t page = align_up(sizeof(block), os::page_size());
        void* const memory = os::map_as_is(page, os::page_size());
        if (memory == nullptr) {
            return nullptr;
        }
        os::keep_small(memory, page); // as what lies beside it: one mapping
        auto* const fresh = std::construct_at(static_cast<block*>(memory));
        std::atomic<block*>* end = &c.first.next;
        block* after = nullptr;
        while (!end->compare_exchange_weak(after, fresh, std::memory_order_acq_rel,
                                           std::memory_order_acquire)) {
            if (after != nullptr) { // not by chance alone
                end = &std::exchange(after, nullptr)->next;
            }
        }
    }
}

// A region more, and its first range; null where the system refuses even one range.
void* extend(range_class& c, std::size_t bytes) noexcept {
    region* const r = claim_or_add(c);
    if (r == nullptr) {
        return nullptr;
    }
    const std::size_t most = std::clamp<std::size_t>(largest_region / bytes, 1, most_in_region);
    std::size_t count =
        std::bit_floor(std::clamp<std::size_t>(c.ranges.load(std::memory_order_relaxed), 1, most));
    void* at = nullptr;
    for (; count != 0; count /= 2) { // half of it may come where a limit is near
        at = os::map_untouched(count * bytes, std::min(bytes, most_alignment));
        if (at != nullptr) {
            break;
        }
    }
    if (at == nullptr) {
        r->state.store(0, std::memory_order_release);
        return nullptr;
    }
    for (std::size_t w = 0; w < r->free.size(); ++w) {
        const std::size_t left = count - std::min(count, w * 64);
        r->free[w].store(left >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << left) - 1,
                         std::memory_order_relaxed);
    }
    r->free[0].fetch_and(~std::uint64_t{1}, std::memory_order_relaxed);
    c.ranges.fetch_add(count, std::memory_order_relaxed);
    const auto order = bounded<std::uint32_t>(std::countr_zero(count));
    r->place.store(address_of(at) | order, std::memory_order_relaxed);
    r->state.store(open | order << 24 | 1, std::memory_order_release);
    return at;
}

// One without ranges in use goes, if nobody takes one meanwhile.
void close(range_class& c, region& r, std::uint32_t state, std::size_t bytes) noexcept {
    if (!r.state.compare_exchange_strong(state, busy, std::memory_order_acq_rel,
                                         std::memory_order_relaxed)) {
        return;
    }
    const std::size_t count = ranges_of(state);
    c.without_use.fetch_sub(1, std::memory_order_relaxed);
    c.ranges.fetch_sub(count, std::memory_order_relaxed);
    // First, so that nobody finds it when others have these addresses.
    const std::uintptr_t place = r.place.exchange(0, std::memory_order_acq_rel);
    os::unmap(reinterpret_cast<void*>(base_of(place)), count * bytes);
    r.state.store(0, std::memory_order_release);
}

} // namespace

void* take(std::size_t bytes) {
    range_class& c = class_of(bytes);
    void* p = nullptr;
    const bool found = any_region(c, [&](region& r) {
        p = take_from(c, r, bytes);
        return p != nullptr;
    });
    if (!found) {
        p = extend(c, bytes);
    }
    if (p == nullptr) {
        throw std::bad_alloc();
    }
    return p;
}

void give(void* range, std::size_t bytes) noexcept {
    range_class& c = class_of(bytes);
    os::unlock_if_asked(range, bytes);
    // Where it is in none, another copy of this library in the process has it, and keeps it.
    any_region(c, [&](region& r) {
        const std::uintptr_t place = r.place.load(std::memory_order_acquire);
        const std::size_t i = (address_of(range) - base_of(place)) / bytes; // below it: beyond all
        if (place == 0 || i >= std::size_t{1} << (place & order_mask)) {
            return false;
        }
        const std::uint64_t bit = std::uint64_t{1} << i % 64;
        const std::uint64_t before = r.free[i / 64].fetch_or(bit, std::memory_order_acq_rel);
        EBB_CHECK((before & bit) == 0, "page_ranges: a range is given back twice");
        const std::uint32_t state = r.state.fetch_sub(1, std::memory_order_acq_rel) - 1;
        if (used_of(state) == 0 && (c.without_use.fetch_add(1, std::memory_order_relaxed) > 0 ||
                                    ranges_of(state) * bytes > largest_kept)) {
            close(c, r, state, bytes);
        }
        return true;
    });
}

std::size_t regions(std::size_t bytes) noexcept {
    std::size_t count = 0;
    any_region(class_of(bytes), [&](region& r) {
        count += is_open(r.state.load(std::memory_order_acquire)) ? 1 : 0;
        return false;
    });
    return count;
}

std::size_t in_use(std::size_t bytes) noexcept {
    std::size_t count = 0;
    any_region(class_of(bytes), [&](region& r) {
        const std::uint32_t state = r.state.load(std::memory_order_acquire);
        count += is_open(state) ? used_of(state) : 0;
        return false;
    });
    return count;
}

void validate(std::size_t bytes) {
    range_class& c = class_of(bytes);
    std::size_t ranges = 0;
    std::int32_t without_use = 0;
    any_region(c, [&](region& r) {
        const std::uint32_t state = r.state.load(std::memory_order_acquire);
        if (!is_open(state)) {
            EBB_CHECK(r.place.load(std::memory_order_relaxed) == 0,
                      "page_ranges: addresses of no region");
            return false;
        }
        std::size_t bits = 0;
        for (const auto& word : r.free) {
            bits += static_cast<std::size_t>(std::popcount(word.load(std::memory_order_relaxed)));
        }
        EBB_CHECK(bits + used_of(state) == ranges_of(state), "page_ranges: a region is miscounted");
        ranges += ranges_of(state);
        without_use += used_of(state) == 0 ? 1 : 0;
        return false;
    });
    EBB_CHECK(ranges == c.ranges.load(std::memory_order_relaxed),
              "page_ranges: ranges are miscounted");
    EBB_CHECK(without_use == c.without_use.load(std::memory_order_relaxed) && without_use <= 1,
              "page_ranges: regions without use are kept");
}

} // namespace ebb::page_ranges
