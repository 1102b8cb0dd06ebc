#include <ebb/alloc/engine/central.h>
#include <ebb/alloc/engine/metadata.h>
#include <ebb/alloc/engine/page_heap.h>
#include <ebb/alloc/engine/purge.h>
#include <ebb/alloc/engine/start.h>
#include <ebb/alloc/engine/thread_cache.h>
#include <ebb/alloc/os/lock.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace ebb::engine {
namespace {

// What stands in `current` where a thread has no cache: without room, never written.
constinit thread_cache before_first; // the thread hasn't called yet
constinit thread_cache after_last;   // its cache has gone at its end

// Bookings of threads without a cache. Behind a lock, being written by many.
constinit thread_cache shared;
constinit os::lock shared_guard;

constinit os::lock registry; // who takes a cache, and the list's front
constinit std::atomic<thread_cache*> newest{&shared};

// What all threads have told, and the highest that they made of it.
constinit std::atomic<std::int64_t> told_sum{0};
constinit std::atomic<std::int64_t> told_peak{0};

constexpr std::size_t first_fill = 4;

constexpr std::size_t slots_in_cache() noexcept {
    std::size_t n = 0;
    for (std::size_t bin = 1; bin < cached_bin_count; ++bin) {
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

thread_cache* make() noexcept {
    void* const memory =
        metadata::allocate(sizeof(thread_cache) + slots_in_cache() * sizeof(void*));
    if (memory == nullptr) {
        return nullptr;
    }
    auto* const cache = ::new (memory) thread_cache;
    auto** slots = reinterpret_cast<void**>(cache + 1);
    for (std::size_t bin = 1; bin < cached_bin_count; ++bin) {
        cache->bins[bin].floor = slots;
        cache->bins[bin].top.set(slots);
        slots += cache_capacity(bin);
        cache->bins[bin].ceiling = slots;
        cache->bins[bin].fill = first_fill;
    }
    for (std::size_t bin = 1; bin < bin_count; ++bin) {
        cache->bins[bin].slot = traits[bin].slot;
        cache->bins[bin].span_mask = traits[bin].span_bytes - 1;
        cache->bins[bin].inverse = traits[bin].inverse;
    }
    cache->tell_above = tell_quantum;
    cache->tell_below = -tell_quantum;
    return cache;
}

// A cache for this thread: one that waits for a thread, or a new one. Null without memory.
thread_cache* adopt() noexcept {
    const os::lock_guard hold(registry);
    for (thread_cache* c = newest.load(std::memory_order_relaxed); c != nullptr; c = c->older) {
        if (c != &shared && !c->taken.load(std::memory_order_acquire)) {
            c->taken.store(true, std::memory_order_relaxed);
            return c;
        }
    }
    thread_cache* const c = make();
    if (c != nullptr) {
        c->taken.store(true, std::memory_order_relaxed);
        c->older = newest.load(std::memory_order_relaxed);
        newest.store(c, std::memory_order_release);
    }
    return c;
}

void empty(thread_cache& cache) noexcept {
    for (std::size_t bin = 1; bin < cached_bin_count; ++bin) {
        cache_bin& b = cache.bins[bin];
        const auto count = static_cast<std::size_t>(b.top.get() - b.floor);
        if (count != 0) {
            b.top.set(b.floor);
            central[bin].give(bin, b.floor, count);
        }
    }
    if (span* const s = cache.large.exchange(nullptr, std::memory_order_acq_rel)) {
        page_heap::give(s);
    }
}

template <class F>
void for_each_cache(F&& f) noexcept {
    for (thread_cache* c = newest.load(std::memory_order_acquire); c != nullptr; c = c->older) {
        f(*c);
    }
}

} // namespace

constinit thread_local thread_cache* current = &before_first;

void thread_cache::tell() noexcept {
    const std::int64_t now = requested.get();
    const std::int64_t before = told.get();
    const std::int64_t others =
        told_sum.fetch_add(now - before, std::memory_order_relaxed) - before;
    raise_peak(others + std::max(highest.get(), now));
    told.set(now);
    highest.set(now);
    tell_above = now + tell_quantum;
    tell_below = now - tell_quantum;
}

void thread_cache::hold_large(std::int64_t sign, std::size_t requested_bytes,
                              std::size_t span_bytes) noexcept {
    const auto left = sign * static_cast<std::int64_t>(span_bytes - requested_bytes);
    large_blocks.add(sign);
    large_requested.add(sign * static_cast<std::int64_t>(requested_bytes));
    large_slack.add(left);
    slack.add(left);
}

booking::booking() noexcept : cache_(current), own_(true) {
    if (cache_ != &before_first && cache_ != &after_last) [[likely]] {
        return;
    }
    if (cache_ == &before_first) {
        if (thread_cache* const c = adopt()) {
            current = cache_ = c;
            watch_thread_end();
            return;
        }
    }
    shared_guard.acquire();
    cache_ = &shared;
    own_ = false;
}

booking::~booking() {
    if (!own_) {
        cache_->tell();
        shared_guard.release();
    }
}

void* refill(thread_cache& cache, std::size_t bin) noexcept {
    cache_bin& b = cache.bins[bin];
    if (b.ceiling == nullptr) { // a bin that nobody caches, or a thread without a cache
        void* slot = nullptr;
        return central[bin].take(bin, &slot, 1) == 1 ? slot : nullptr;
    }
    const std::size_t got = central[bin].take(bin, b.floor, b.fill);
    if (got == 0) {
        return nullptr;
    }
    // A thread that comes again gets more: few slots lie unused in bins that it hardly needs.
    b.fill = static_cast<std::uint32_t>(
        std::min<std::size_t>(std::size_t{2} * b.fill, cache_capacity(bin) / 2));
    b.top.set(b.floor + got - 1);
    return b.floor[got - 1];
}

void flush(thread_cache& cache, std::size_t bin, void* slot) noexcept {
    cache_bin& b = cache.bins[bin];
    if (b.ceiling == nullptr) {
        central[bin].give(bin, &slot, 1);
        return;
    }
    if (b.top.get() == b.ceiling) {
        // The older half goes; the newer is warm.
        const auto half = static_cast<std::size_t>(b.ceiling - b.floor) / 2;
        void* out[256];
        std::memcpy(out, b.floor, half * sizeof(void*));
        std::memmove(b.floor, b.floor + half, half * sizeof(void*));
        b.top.set(b.floor + half);
        central[bin].give(bin, out, half);
    }
    *b.top.get() = slot;
    b.top.set(b.top.get() + 1);
}

void flush_own_cache() noexcept {
    if (current != &before_first && current != &after_last) {
        empty(*current);
    }
    const os::lock_guard hold(registry); // and those that nobody has, after a fork
    for_each_cache([](thread_cache& c) {
        if (&c != &shared && !c.taken.load(std::memory_order_acquire)) {
            empty(c);
        }
    });
}

void end_thread() noexcept {
    thread_cache* const cache = current;
    if (cache == &before_first || cache == &after_last) {
        return;
    }
    current = &after_last;
    empty(*cache);
    cache->tell();
    cache->taken.store(false, std::memory_order_release);
}

bool reclaim_large(bool now) noexcept {
    bool kept = false;
    for_each_cache([&](thread_cache& c) {
        span* const s = c.large.load(std::memory_order_relaxed);
        if (s != nullptr && (now || s == c.large_seen)) {
            // The same as at the last look, or another that came since: gone in either case.
            if (span* const taken = c.large.exchange(nullptr, std::memory_order_acq_rel)) {
                page_heap::give(taken);
            }
            c.large_seen = nullptr;
        } else {
            c.large_seen = s;
            kept = kept || s != nullptr;
        }
    });
    return kept;
}

bool cached_anywhere(std::size_t bin, const void* slot) noexcept {
    bool found = false;
    if (bin < cached_bin_count) {
        for_each_cache([&](const thread_cache& c) {
            void* const* const top = c.bins[bin].top.get();
            for (void* const* at = c.bins[bin].floor; at < top; ++at) {
                found = found || __atomic_load_n(at, __ATOMIC_RELAXED) == slot;
            }
        });
    }
    return found;
}

thread_totals read_threads() noexcept {
    thread_totals sum;
    sum.peak_requested = told_peak.load(std::memory_order_relaxed);
    const std::int64_t told_now = told_sum.load(std::memory_order_relaxed);
    for_each_cache([&](const thread_cache& c) {
        const std::int64_t requested = c.requested.get();
        sum.requested += requested;
        sum.slack += c.slack.get();
        sum.allocations += c.allocations.get();
        sum.frees += c.frees.get();
        sum.peak_requested = std::max(sum.peak_requested, told_now - c.told.get() +
                                                              std::max(requested, c.highest.get()));
    });
    sum.peak_requested = std::max(sum.peak_requested, sum.requested);
    return sum;
}

bin_totals read_bin(std::size_t bin) noexcept {
    bin_totals sum;
    for_each_cache([&](const thread_cache& c) {
        sum.remainders += c.bins[bin].remainders.get();
        sum.cached_slots += static_cast<std::uint64_t>(c.bins[bin].top.get() - c.bins[bin].floor);
    });
    return sum;
}

large_totals read_large() noexcept {
    large_totals sum;
    for_each_cache([&](const thread_cache& c) {
        sum.blocks += c.large_blocks.get();
        sum.requested += c.large_requested.get();
        sum.slack += c.large_slack.get();
        if (const span* const s = c.large.load(std::memory_order_acquire)) {
            sum.kept_bytes += s->bytes(); // descriptors are never unmapped
        }
    });
    return sum;
}

void for_each_cached(void (*f)(void*, std::size_t, void*), void* argument) noexcept {
    for_each_cache([&](const thread_cache& c) {
        for (std::size_t bin = 1; bin < cached_bin_count; ++bin) {
            for (void** at = c.bins[bin].floor; at < c.bins[bin].top.get(); ++at) {
                f(argument, bin, *at);
            }
        }
    });
}

void caches_before_fork() noexcept {
    registry.acquire();
    shared_guard.acquire();
}
void caches_after_fork() noexcept {
    shared_guard.release();
    registry.release();
}
void caches_in_child() noexcept {
    shared_guard.reset();
    registry.reset();
    for_each_cache([](thread_cache& c) {
        if (&c != &shared && &c != current) {
            c.taken.store(false, std::memory_order_relaxed);
        }
    });
}

} // namespace ebb::engine
