#include <ebb/alloc/base/check.h>
#include <ebb/alloc/base/sanitizers.h>
#include <ebb/alloc/engine/cache_room.h>
#include <ebb/alloc/engine/companion.h>
#include <ebb/alloc/engine/detour.h>
#include <ebb/alloc/engine/gate.h>
#include <ebb/alloc/engine/mend.h>
#include <ebb/alloc/engine/page_heap.h>
#include <ebb/alloc/engine/registry.h>
#include <ebb/alloc/engine/shared.h>
#include <ebb/alloc/engine/start.h>
#include <ebb/alloc/engine/sums.h>
#include <ebb/alloc/os/barrier.h>
#include <ebb/alloc/os/futex.h>
#include <ebb/alloc/os/lock.h>

#include <algorithm>

namespace ebb::engine {
namespace {

// What stands in `current` where a thread has no cache: without room.
constinit thread_cache before_first; // the thread hasn't called yet
constinit thread_cache after_last;   // its cache has gone at its end

// The books of threads without a cache: no memory for one, or past their end. Their slow
// calls are inside of the gate.
constinit thread_cache common{os::record_owner::everybody::here};
constinit os::lock common_guard;
constinit gate calls_without_cache;

constinit os::lock coming;   // held while a thread gets a new cache
constinit os::lock stopping; // held while threads are stopped: they wait here
constinit os::thread_records<thread_cache> caches{&common};
constinit shared<bool> known{true};

// The second thread comes. After this, the first is outside of every call that took itself for the
// only one.
void leave_alone_mode() noexcept {
    if (!alone.load(std::memory_order_relaxed)) {
        return;
    }
    thread_cache* const first = caches.first();
    if (first == &common) {
        return; // this is the first
    }
    alone.store(false, std::memory_order_seq_cst);
    if (os::barrier_everywhere()) {
        while (first->busy.load(std::memory_order_acquire) != 0) {
            os::yield();
        }
    }
}

// A cache for this thread: one that waits for a thread, or a new one. Null without memory.
thread_cache* adopt() noexcept {
    if (thread_cache* const waiting = caches.take_any()) {
        return waiting;
    }
    thread_cache* const c = make_cache();
    if (c != nullptr) {
        const os::lock_guard hold(coming);
        leave_alone_mode();
        caches.add(*c);
    }
    return c;
}

// All caches that a thread has, but for the caller's.
template <class F>
void for_each_other(F&& f) noexcept {
    caches.for_each([&](thread_cache& c) {
        if (&c != &common && &c != current && caches.has_owner(c)) {
            f(c);
        }
    });
}

void stop(thread_cache& c) noexcept {
    c.stopped.store(1, std::memory_order_seq_cst);
}

// Those without a thread too: a thread may have ended since its cache was stopped, and the next
// that takes the cache would wait for ever.
void resume_all() noexcept {
    caches.for_each([](thread_cache& c) { c.stopped.store(0, std::memory_order_release); });
}

// Makes stopped threads see that they are: from here on each is outside of every call, or in one
// that it was in before. False where the kernel has no barrier.
//
// Closing comes after the first barrier because a thread may be setting its bounds just now: if it
// did so before that barrier, what is stored here comes later; after it, it sees `stopped`.
bool close_stopped() noexcept {
    if (!os::barrier_everywhere()) {
        return false;
    }
    for_each_other([](thread_cache& c) {
        if (c.stopped.load(std::memory_order_relaxed) != 0) {
            c.close();
        }
    });
    return os::barrier_everywhere();
}

// After close_stopped: whether the thread of a stopped cache is outside of every call.
bool outside(const thread_cache& c) noexcept {
    return c.busy.load(std::memory_order_acquire) == 0;
}

} // namespace

constinit thread_local thread_cache* current = &before_first;

// Of a thread that has no cache, or whose cache is stopped.
void booking::begin_slowly() noexcept {
    if (cache_ == &before_first && caches.first() != &common) {
        watch_forks();
        cache_ = current; // no longer that one, if libc called malloc for it
    }
    if (cache_ == &before_first) {
        if (thread_cache* const c = adopt()) {
            current = cache_ = c;
            sums::callers.fetch_add(1, std::memory_order_relaxed);
            companion::count_thread();
            watch_thread_end();
        }
    }
    if (!cache_->has_stacks()) {
        {
            const os::lock_guard hold(coming);
            leave_alone_mode();
        }
        own_ = false;
        while (!calls_without_cache.enter()) {
            const os::lock_guard wait(stopping);
        }
        return;
    }
    while (!cache_->enter()) {
        cache_->leave();
        const os::lock_guard wait(stopping);
    }
}

void booking::leave_common() noexcept {
    calls_without_cache.leave();
}

thread_cache& booking::begin_in_common() noexcept {
    common_guard.acquire();
    return common;
}

void booking::end_in_common() noexcept {
    common.tell();
    common_guard.release();
}

detour_booking::detour_booking() noexcept : cache_(has_cache() ? current : &common) {
    if (cache_ == &common) {
        common_guard.acquire();
        return;
    }
    while (!cache_->enter(thread_cache::on_detour))
        [[unlikely]] {
            cache_->leave();
            const os::lock_guard wait(stopping);
        }
}

detour_booking::~detour_booking() {
    if (cache_ == &common) {
        common_guard.release();
    } else {
        cache_->leave();
    }
}

void leave_cache() noexcept {
    thread_cache* const cache = current;
    current = &after_last;
    sums::callers.fetch_add(0 - 1U, std::memory_order_relaxed);
    caches.leave(*cache);
}

bool others_are_in_slow_calls() noexcept {
    bool any = false;
    caches.for_each([&](const thread_cache& c) {
        any = any || (&c != current &&
                      (c.inside.load(std::memory_order_acquire) != 0 ||
                       c.busy.load(std::memory_order_acquire) == thread_cache::in_slow_call));
    });
    return any;
}

namespace {

// Of threads that run: stops them meanwhile.
bool empty_stopped(sweep_of which) noexcept {
    const page_heap::guards_later no_call; // under the lock that they wait for
    const os::lock_guard hold(stopping);
    bool waits = false;
    bool any = false;
    for_each_other([&](thread_cache& c) {
        const std::uint64_t calls = c.calls();
        if (calls == c.calls_emptied) {
            return;
        }
        waits = true;
        if (which != sweep_of::idle || calls == c.calls_seen) {
            stop(c);
            any = true;
        }
    });
    const bool stopped = any && close_stopped();
    for_each_other([&](thread_cache& c) {
        const std::uint64_t calls = c.calls();
        if (stopped && c.stopped.load(std::memory_order_relaxed) != 0 && outside(c)) {
            if (which == sweep_of::all || calls == c.calls_seen) {
                empty(c);
                cache_room::give_up(c);
                c.calls_emptied = calls;
            } else {
                age(c);
            }
        }
        c.calls_seen = calls;
    });
    resume_all();
    return waits && (stopped || !any); // without a barrier nothing will ever be emptied
}

void empty_late_of_common() noexcept {
    for (;;) {
        common_guard.acquire();
        void* const block = take_late(common);
        common_guard.release();
        if (block == nullptr) {
            return;
        }
        settle_late(block);
    }
}

} // namespace

bool empty_caches(sweep_of which) noexcept {
    const bool waits = empty_stopped(which);
    caches.for_each([](thread_cache& c) {
        if (&c == &common || !caches.take(c)) {
            return;
        }
        // Nobody gets it meanwhile, and like a thread's own call this one keeps others out who may
        // have stopped it before.
        if (c.enter()) {
            empty(c);
            cache_room::give_up(c);
            release_slots(c);
        }
        c.leave();
        caches.leave(c);
    });
    empty_late_of_common();
    return waits;
}

void begin_alone() noexcept {
    const os::lock_guard hold(coming);
    const thread_cache* const first = caches.first();
    alone.store(os::register_barrier() && (first == &common || first->next == &common),
                std::memory_order_relaxed);
}

void stop_threads() noexcept {
    coming.acquire(); // no thread gets a new cache from here on
    stopping.acquire();
    caches.for_each([](thread_cache& c) { // those that wait for a thread too: one may come
        if (&c != &common && &c != current) {
            stop(c);
        }
    });
    if (close_stopped()) {
        for_each_other([](thread_cache& c) {
            while (!outside(c)) {
                os::yield();
            }
        });
    }
    calls_without_cache.close();
    common_guard.acquire(); // the detour isn't behind that gate
}

void resume_threads() noexcept {
    common_guard.release();
    calls_without_cache.open();
    resume_all();
    stopping.release();
    coming.release();
}

void forget_threads(bool in_call) noexcept {
    caches.forget_others(has_cache() ? current : nullptr);
    if (!in_call) { // a call on the detour may have held these
        common_guard.reset();
        stopping.reset();
    }
    std::int64_t told = 0;
    std::int64_t told_in_slots = 0;
    std::int64_t detoured = 0;
    caches.for_each([&](thread_cache& c) {
        if (&c != current) {
            detour::finish(c);
            if (&c != &common && c.busy.load(std::memory_order_relaxed) != 0 && !mend(c)) {
                known.store(false);
            }
        }
        told += c.told.get();
        told_in_slots += c.told_in_slots.get();
        detoured += c.mapped.get();
    });
    // A thread may have been about to add to these.
    told_sum.store(told, std::memory_order_relaxed);
    told_sum_in_slots.store(told_in_slots, std::memory_order_relaxed);
    sums::detoured.store(detoured, std::memory_order_relaxed);
    sums::callers.store(has_cache() ? 1 : 0, std::memory_order_relaxed);
}

void check_books() noexcept {
    caches.for_each([](const thread_cache& c) {
        EBB_CHECK(hardened || &c == &common || books_agree(c),
                  "heap: a thread's sums and its slots disagree");
    });
}

bool books_are_known() noexcept {
    return known.load(std::memory_order_relaxed);
}

bool cached_anywhere(std::size_t bin, const void* slot) noexcept {
    bool found = false;
    if (bin < bin_count) {
        caches.for_each([&](const thread_cache& c) {
            void* const* const top = c.bins[bin].top.get();
            for (void* const* at = c.bins[bin].floor; at < top; ++at) {
                found = found || load_relaxed(*at) == slot;
            }
            c.waiting.for_each([&](const void* waits) { found = found || waits == slot; });
            c.late.for_each([&](const void* waits) { found = found || waits == slot; });
        });
    }
    return found;
}

thread_totals read_threads() noexcept {
    thread_totals sum;
    sum.peak_requested = told_peak.load(std::memory_order_relaxed);
    const std::int64_t told_now = told_sum.load(std::memory_order_relaxed);
    caches.for_each([&](const thread_cache& c) {
        const std::int64_t requested = c.requested.get();
        sum.requested += requested;
        sum.slack += c.slack.get();
        sum.dead += c.dead.get();
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
    caches.for_each([&](const thread_cache& c) {
        sum.remainders += c.bins[bin].remainders.get();
        sum.cached_slots += static_cast<std::uint64_t>(c.bins[bin].top.get() - c.bins[bin].floor);
        const auto count = [&](const void* waits) {
            sum.cached_slots += spans.find(address_of(waits)).tag() == bin ? 1 : 0;
        };
        c.waiting.for_each(count);
        c.late.for_each(count);
    });
    return sum;
}

large_totals read_large() noexcept {
    large_totals sum;
    caches.for_each([&](const thread_cache& c) {
        sum.blocks += c.large_blocks.get();
        sum.requested += c.large_requested.get();
        sum.slack += c.large_slack.get();
        sum.kept_bytes += c.kept_bytes.get() + c.late_bytes.get();
    });
    return sum;
}

} // namespace ebb::engine
