#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/base/sanitizers.h>
#include <ebb/alloc/engine/central.h>
#include <ebb/alloc/engine/misuse.h>
#include <ebb/alloc/engine/page_heap.h>
#include <ebb/alloc/engine/purge.h>
#include <ebb/alloc/engine/registry.h>
#include <ebb/alloc/engine/shared.h>
#include <ebb/alloc/os/background.h>
#include <ebb/alloc/os/clock.h>
#include <ebb/alloc/os/futex.h>
#include <ebb/alloc/os/lock.h>

#include <algorithm>

namespace ebb::engine {
namespace {

// Below this nobody starts a thread: what small programs free is needed again or not worth it.
constexpr std::size_t worth_a_thread = 4 * mib;
constexpr std::uint32_t linger_ms = 1000;

constinit shared<std::uint64_t> waiting_bytes{0};
constinit shared<std::uint32_t> last_look{0};
constinit std::uint32_t age_ms = purge::default_ms;
constinit bool may_start = !sanitized;
constinit shared<bool> working{false}; // a thread is there, or poll() does its work
constinit os::lock sweeping;           // one sweep at a time: central_bin::purge needs that
constinit shared<std::uint32_t> sweep_turns{0};
constinit os::lock starting;
constinit os::background_thread thread;
constinit shared<std::uint32_t> nobody_wakes{0};

std::uint32_t interval() noexcept {
    return std::max<std::uint32_t>(age_ms / 4, 1);
}

// Returns whether anything waits on.
bool sweep(std::uint32_t age) noexcept {
    const os::lock_guard hold(sweeping);
    sweep_turns.fetch_add(1);
    const std::uint32_t now = os::coarse_milliseconds();
    bool waits = empty_idle_caches(age == 0);
    for (std::size_t bin = 1; bin < bin_count; ++bin) {
        waits = central[bin].purge(bin, now, age) || waits;
    }
    waits = page_heap::purge(now, age) || waits;
    sweep_turns.fetch_add(1);
    return waits;
}

void work() noexcept {
    std::uint32_t quiet_since = os::coarse_milliseconds();
    for (;;) {
        os::futex_wait(nobody_wakes, 0, static_cast<long>(interval()));
        waiting_bytes.store(0, std::memory_order_relaxed);
        const bool waits = sweep(age_ms);
        const std::uint32_t now = os::coarse_milliseconds();
        if (waits) {
            quiet_since = now;
        } else if (now - quiet_since >= linger_ms) {
            working.store(false);
            if (!sweep(age_ms)) {
                return;
            }
            working.store(true);
            quiet_since = now;
        }
    }
}

} // namespace

void purge::configure(std::uint32_t purge_ms, bool use_thread) noexcept {
    age_ms = purge_ms;
    may_start = use_thread && !sanitized;
}

void purge::expect(std::size_t bytes) noexcept {
    if (working.load()) { // it looks once more after it has said that it ends
        return;
    }
    const std::uint64_t all = waiting_bytes.fetch_add(bytes, std::memory_order_relaxed) + bytes;
    if (all < worth_a_thread || age_ms == never || !may_start) {
        return;
    }
    const os::lock_guard hold(starting);
    if (!working.load(std::memory_order_acquire) && !thread.running()) {
        working.store(true, std::memory_order_relaxed);
        if (!thread.start(work)) {
            working.store(false, std::memory_order_relaxed);
            may_start = false;
        }
    }
}

void purge::poll() noexcept {
    if (may_start || age_ms == never ||
        waiting_bytes.load(std::memory_order_relaxed) < worth_a_thread) {
        return;
    }
    const std::uint32_t now = os::coarse_milliseconds();
    std::uint32_t last = last_look.load(std::memory_order_relaxed);
    if (now - last >= interval() && last_look.compare_exchange_strong(last, now)) {
        if (!sweep(age_ms)) {
            waiting_bytes.store(0, std::memory_order_relaxed);
        }
    }
}

bool purge::all() noexcept {
    const std::uint64_t before = page_heap::dirty_bytes();
    {
        const booking own;
        empty(*own);
    }
    sweep(0);
    return before != page_heap::dirty_bytes();
}

bool purge::reclaim(std::size_t bytes) noexcept {
    const page_heap::free_totals runs = page_heap::free_runs_now(false);
    const thread_totals live = read_threads();
    const auto held = static_cast<std::uint64_t>(live.requested + live.slack);
    // Of what is idle, that which bins and caches keep.
    if (heap_closed() || page_heap::mapped() < held + runs.dirty_bytes + runs.clean_bytes + bytes) {
        return false;
    }
    all();
    for (std::size_t bin = 1; bin < bin_count; ++bin) {
        central[bin].drop_empty();
    }
    return true;
}

purge::pause::pause() noexcept {
    sweeping.acquire();
}
purge::pause::~pause() {
    sweeping.release();
}

std::uint32_t purge::sweeps() noexcept {
    return sweep_turns.load();
}

void purge::before_fork() noexcept {
    sweeping.acquire();
}
void purge::keep_from_starting() noexcept {
    starting.acquire();
}
void purge::let_start() noexcept {
    starting.release();
}
void purge::after_fork() noexcept {
    sweeping.release();
}
void purge::in_child() noexcept {
    starting.reset();
    sweeping.reset();
    thread.forget();
    working.store(false, std::memory_order_relaxed);
}

} // namespace ebb::engine
