#include <ebb/alloc/base/narrow.h>
#include <ebb/alloc/engine/cache_room.h>
#include <ebb/alloc/engine/central.h>
#include <ebb/alloc/engine/metadata.h>
#include <ebb/alloc/engine/misuse.h>
#include <ebb/alloc/engine/page_heap.h>
#include <ebb/alloc/engine/remainder.h>
#include <ebb/alloc/engine/thread_cache.h>
#include <ebb/alloc/os/pages.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace ebb::engine {

constinit shared<std::int64_t> told_sum{0};
constinit shared<std::int64_t> told_sum_in_slots{0};
constinit shared<std::int64_t> told_peak{0};
constinit shared<bool> alone{false};

namespace {

constexpr std::size_t slots_in_cache() noexcept {
    std::size_t n = 0;
    for (std::size_t bin = 1; bin < bin_count; ++bin) {
        n += cache_capacity(bin);
    }
    return n;
}

void raise_peak(std::int64_t candidate) noexcept {
    std::int64_t peak = told_peak.load(std::memory_order_relaxed);
    while (candidate > peak &&
           !told_peak.compare_exchange_weak(peak, candidate, std::memory_order_relaxed)) {
    }
}

} // namespace

thread_cache* make_cache() noexcept {
    void* const memory =
        metadata::allocate(sizeof(thread_cache) + slots_in_cache() * sizeof(void*));
    if (memory == nullptr) {
        return nullptr;
    }
    if constexpr (hardened) {
        static_cast<void>(random_below(1)); // the kernel's part of it, before a lock is held
    }
    auto* const cache = ::new (memory) thread_cache;
    auto** slots = reinterpret_cast<void**>(cache + 1);
    for (std::size_t bin = 1; bin < bin_count; ++bin) {
        cache->bins[bin].floor = slots;
        cache->bins[bin].top.set(slots);
        cache->bins[bin].ceiling.set(slots);
        slots += cache_capacity(bin);
    }
    for (std::size_t bin = 1; bin < bin_count; ++bin) {
        cache->bins[bin].slot = traits[bin].slot;
        cache->bins[bin].span_mask = traits[bin].span_bytes - 1;
        cache->bins[bin].inverse = traits[bin].inverse;
        cache->bins[bin].limit = traits[bin].limit_of(span::slots_of(bin));
        cache->bins[bin].short_limit =
            std::min<std::uint32_t>(traits[bin].slot, bounded<std::uint32_t>(long_mark - 1));
    }
    cache->tell_above.set(tell_quantum);
    cache->tell_below.set(-tell_quantum);
    return cache;
}

void thread_cache::tell() noexcept {
    const std::int64_t now = requested.get();
    const std::int64_t top = std::max(highest.get(), now);
    const std::int64_t before = told.get();
    const std::int64_t in_slots = now - large_requested.get();
    const std::int64_t more_in_slots = in_slots - told_in_slots.get();
    const bool is_alone = alone.load(std::memory_order_relaxed);
    if (is_alone) {
        const std::int64_t others = told_sum.load(std::memory_order_relaxed) - before;
        told_sum.store(others + now, std::memory_order_relaxed);
        if (others + top > told_peak.load(std::memory_order_relaxed)) {
            told_peak.store(others + top, std::memory_order_relaxed);
        }
    } else {
        raise_peak(told_sum.fetch_add(now - before, std::memory_order_relaxed) - before + top);
    }
    if (more_in_slots != 0) { // a large block moves nothing here
        if (is_alone) {
            told_sum_in_slots.store(told_sum_in_slots.load(std::memory_order_relaxed) +
                                        more_in_slots,
                                    std::memory_order_relaxed);
        } else {
            told_sum_in_slots.fetch_add(more_in_slots, std::memory_order_relaxed);
        }
        told_in_slots.set(in_slots);
    }
    told.set(now);
    highest.set(now);
    tell_above.set(now + tell_quantum);
    tell_below.set(now - tell_quantum);
    std::atomic_signal_fence(std::memory_order_seq_cst); // see registry.cpp, close_stopped
    if (stopped.load(std::memory_order_relaxed) != 0) {
        close();
    }
}

void* refill(thread_cache& cache, std::size_t bin) noexcept {
    cache_bin& b = cache.bins[bin];
    if (!cache.has_stacks()) {
        void* slot = nullptr;
        return central[bin].take(bin, &slot, 1) == 1 ? slot : nullptr;
    }
    // A thread that comes again gets more: few slots lie unused in bins that it hardly needs.
    cache_room::widen(cache, bin);
    const auto half = static_cast<std::size_t>(b.ceiling.get() - b.floor) / 2;
    const std::size_t got = central[bin].take(bin, b.floor, std::max(half, std::size_t{1}));
    if (got == 0) {
        return nullptr;
    }
    cache.received[bin] += static_cast<std::int64_t>(got);
    b.top.set(b.floor + got - 1);
    return b.floor[got - 1];
}

void give_oldest(thread_cache& cache, std::size_t bin, std::size_t count) noexcept {
    cache_bin& b = cache.bins[bin];
    // They go from above the top, where no thread looks: they are the central bin's before it is
    // told, and need no room on the stack. (A copy took 8 KiB, all that some coroutines have.)
    std::rotate(b.floor, b.floor + count, b.top.get());
    b.top.set(b.top.get() - count);
    cache.received[bin] -= static_cast<std::int64_t>(count);
    central[bin].give(bin, b.top.get(), count);
}

void flush(thread_cache& cache, std::size_t bin, void* slot) noexcept {
    cache_bin& b = cache.bins[bin];
    if (!cache.has_stacks()) {
        central[bin].give(bin, &slot, 1);
        return;
    }
    if (b.top.get() == b.ceiling.get() && !cache_room::widen(cache, bin) &&
        b.ceiling.get() == b.floor) { // no room at all
        --cache.received[bin];
        central[bin].give(bin, &slot, 1);
        return;
    }
    if (b.top.get() == b.ceiling.get()) {
        // The older half goes; the newer is warm.
        give_oldest(cache, bin, static_cast<std::size_t>(b.ceiling.get() - b.floor + 1) / 2);
    }
    *b.top.get() = slot;
    b.top.set(b.top.get() + 1);
}

void thread_cache::leave_quarantine(const void* slot, std::size_t bin) noexcept {
    const std::size_t bytes = traits[bin].slot;
    if (!scrubbed(slot, bytes - long_tail)) {
        misuse(misuse_kind::use_after_free, slot, bytes);
    }
    waiting.pop(bytes);
    dead.add(-static_cast<std::int64_t>(bytes));
}

void release_slots(thread_cache& cache) noexcept {
    if (cache.calls_released == cache.calls()) {
        return;
    }
    cache.calls_released = cache.calls();
    const std::size_t page = os::page_size();
    const std::uintptr_t from = align_up(address_of(&cache + 1), page);
    const std::uintptr_t to =
        align_down(address_of(&cache + 1) + slots_in_cache() * sizeof(void*), page);
    if (from < to) {
        static_cast<void>(os::try_release(reinterpret_cast<void*>(from), to - from));
    }
}

namespace {

void empty_bin(thread_cache& cache, std::size_t bin) noexcept {
    cache_bin& b = cache.bins[bin];
    const auto count = static_cast<std::size_t>(b.top.get() - b.floor);
    if (count != 0) {
        b.top.set(b.floor);
        cache.received[bin] -= static_cast<std::int64_t>(count);
        central[bin].settle_all(bin, b.floor, count);
    }
}

} // namespace

void empty_large(thread_cache& cache) noexcept {
    if (span* const s = cache.large.get()) {
        cache.keep(nullptr);
        page_heap::give(s);
    }
}

void* take_late(thread_cache& cache) noexcept {
    for (late_page* page = cache.late.first(); page != nullptr; page = page->next.load()) {
        if (const std::uint32_t count = page->count.get(); count != 0) {
            void* const block = page->blocks[count - 1];
            page->count.set(count - 1);
            const page_entry entry = spans.find(address_of(block));
            cache.late_bytes.subtract(entry.is_bin() ? 0 : entry.owner()->bytes());
            return block;
        }
    }
    return nullptr;
}

void settle_late(void* block) noexcept {
    const page_entry entry = spans.find(address_of(block));
    if (entry.is_bin()) {
        central[entry.tag()].settle_all(entry.tag(), &block, 1);
    } else {
        page_heap::give(entry.owner());
    }
}

void empty_late(thread_cache& cache) noexcept {
    while (void* const block = take_late(cache)) {
        settle_late(block);
    }
}

void end_detour(thread_cache& cache) noexcept {
    empty_late(cache);
    for (std::uint32_t n = cache.spare.count.get(); n < spare_descriptors::usual; ++n) {
        cache.spare.memory[n] = metadata::allocate(sizeof(span));
        if (cache.spare.memory[n] == nullptr) {
            break;
        }
        cache.spare.count.set(n + 1);
    }
    cache.detoured.set(false);
    page_heap::trim();
}

void empty(thread_cache& cache) noexcept {
    empty_late(cache);
    while (!cache.waiting.empty()) {
        void* slot = cache.waiting.front();
        const std::size_t bin = spans.find(address_of(slot)).tag();
        cache.leave_quarantine(slot, bin);
        central[bin].settle_all(bin, &slot, 1);
    }
    empty_bins(cache);
}

void empty_bins(thread_cache& cache) noexcept {
    for (std::size_t bin = 1; bin < bin_count; ++bin) {
        empty_bin(cache, bin);
    }
    empty_large(cache);
}

void age(thread_cache& cache) noexcept {
    for (std::size_t bin = 1; bin < bin_count; ++bin) {
        cache_bin& b = cache.bins[bin];
        if (static_cast<std::size_t>(b.top.get() - b.floor) == b.seen) {
            empty_bin(cache, bin);
        }
        b.seen = bounded<std::uint32_t>(static_cast<std::size_t>(b.top.get() - b.floor));
    }
    if (cache.large.get() == cache.large_seen) {
        empty_large(cache);
    }
    cache.large_seen = cache.large.get();
}

} // namespace ebb::engine
