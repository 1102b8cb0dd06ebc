#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/base/narrow.h>
#include <ebb/alloc/engine/cache_room.h>
#include <ebb/alloc/engine/central.h>
#include <ebb/alloc/engine/companion.h>
#include <ebb/alloc/engine/gate.h>
#include <ebb/alloc/engine/misuse.h>
#include <ebb/alloc/engine/page_heap.h>
#include <ebb/alloc/engine/purge.h>
#include <ebb/alloc/engine/regions.h>
#include <ebb/alloc/engine/registry.h>
#include <ebb/alloc/engine/shared.h>
#include <ebb/alloc/engine/sums.h>
#include <ebb/alloc/os/clock.h>
#include <ebb/alloc/os/lock.h>

#include <algorithm>
#include <numeric>

namespace ebb::engine {
namespace {

constexpr std::int64_t least_bound = 1 * mib;
constexpr std::int64_t percent_of_requested = 3;
// How far below the bound a call goes on, so that not every call has a page to give.
constexpr std::int64_t most_at_once = 1 * mib;
constexpr std::size_t largest_piece = 2 * mib; // where others could have to wait for it
constexpr std::uint32_t calls_a_look = 16;     // at the clock

constinit std::uint32_t age_ms = purge::default_ms;

constinit gate pieces;   // given back just now
constinit gate sweeping; // of caches and loose slots
constinit shared<std::uint32_t> sweep_count{0};
constinit shared<std::uint32_t> next_bin{0};
constinit shared<std::uint32_t> aged_all_at{0};
// Moves when a call gives pages back: every thread then empties its cache.
constinit shared<std::uint32_t> shrinks{0};

// The time that the program had: the clock's, less what pieces took. On a machine where giving back
// is dear a fall takes longer than purge_ms, without a pause of the program's.
constinit shared<std::uint64_t> nanoseconds_of_pieces{0};
std::uint32_t program_milliseconds() noexcept {
    return os::coarse_milliseconds() -
           wrapped<std::uint32_t>(nanoseconds_of_pieces.load(std::memory_order_relaxed) /
                                  1'000'000);
}

// Milliseconds since then; 0 where the program's time stepped back by a tick of the clock.
std::uint32_t since(std::uint32_t then, std::uint32_t now) noexcept {
    return bounded<std::uint32_t>(std::max(wrapped<std::int32_t>(now - then), 0));
}

// What was given back within the last purge_ms: a part for each quarter of it, the newest first.
class recent_bytes {
  public:
    [[nodiscard]] bool none() const noexcept { return sum_.load(std::memory_order_relaxed) == 0; }

    void add(std::int64_t bytes, std::uint32_t now) noexcept {
        const os::lock_guard hold(guard_);
        move_on(now);
        parts_[0] += bytes;
        publish();
    }

    /// Takes up to so many bytes out; returns how many there were. As long as some are, the others
    /// don't grow old: a rise may take long where page faults are dear.
    std::int64_t take(std::int64_t bytes, std::uint32_t now) noexcept {
        const os::lock_guard hold(guard_);
        if (since(begun_, now) < age_ms) {
            begun_ = now;
        }
        move_on(now);
        std::int64_t got = 0;
        for (std::int64_t& part : parts_) {
            const std::int64_t here = std::min(part, bytes - got);
            part -= here;
            got += here;
        }
        publish();
        return got;
    }

  private:
    void move_on(std::uint32_t now) noexcept {
        const std::uint32_t quarter = std::max<std::uint32_t>(age_ms / 4, 1);
        const std::uint32_t passed = since(begun_, now) / quarter;
        for (std::uint32_t n = std::min<std::uint32_t>(passed, 4); n != 0; --n) {
            std::move_backward(parts_, parts_ + 3, parts_ + 4);
            parts_[0] = 0;
        }
        begun_ += passed * quarter;
    }
    void publish() noexcept {
        sum_.store(std::accumulate(parts_, parts_ + 4, std::int64_t{0}), std::memory_order_relaxed);
    }

    os::lock guard_;
    std::uint32_t begun_ = 0; // when the newest part did
    std::int64_t parts_[4] = {};
    shared<std::int64_t> sum_{0};
};
constinit recent_bytes given_lately;

// What the bound has learned, above its floor; and the least that waited since it last fell.
constinit shared<std::int64_t> learned{0};
constinit shared<std::int64_t> least_waiting{0};
constinit shared<std::uint32_t> fell_at{0};

bool learns() noexcept {
    return age_ms != 0 && age_ms != purge::never;
}

std::int64_t floor_of_bound() noexcept {
    return std::max(least_bound,
                    told_sum.load(std::memory_order_relaxed) / 100 * percent_of_requested);
}

std::int64_t callers() noexcept {
    return std::max<std::int64_t>(sums::callers.load(std::memory_order_relaxed), 1);
}
bool several_call() noexcept {
    return callers() > 1;
}

// Rule 5: how far what is requested in slots has fallen since its last height or the last trim, and
// may. Threads that write the height at once leave one of theirs: a trim a little sooner or later.
constexpr std::int64_t least_fall = 64 * kib; // a thread: it may not have told as much
constexpr std::int64_t most_fall = 4 * mib;
constexpr std::int64_t part_of_height = 64; // random sizes alone make a large heap go up and down
constinit shared<std::int64_t> height{0};
constinit shared<std::int64_t> may_fall{0};
constinit shared<bool> gave_since_trim{false}; // a call gave pages back

// Whether a trim is due.
bool has_fallen() noexcept {
    const std::int64_t now = sums::read(told_sum_in_slots);
    std::int64_t high = sums::read(height);
    if (now > high) {
        high = now;
        height.store(now, std::memory_order_relaxed);
    }
    const std::int64_t fall = high - now;
    return (fall > std::max(sums::read(may_fall), least_fall * callers()) &&
            fall > high / part_of_height) ||
           (fall > high / 2 && high > least_bound && several_call());
}

// Pages were needed that weren't resident. As many as were given back a moment ago shouldn't have
// been.
void learn() noexcept {
    if (sums::read(sums::needed) == 0) {
        return;
    }
    const std::int64_t needed = sums::needed.exchange(0, std::memory_order_relaxed);
    const slow_call here;
    if (!learns() || !here) {
        return;
    }
    const std::int64_t again = given_lately.take(needed, program_milliseconds());
    if (again != 0) {
        may_fall.store(most_fall, std::memory_order_relaxed);
        const std::int64_t before = learned.load(std::memory_order_relaxed);
        sums::add(learned, std::max(before, floor_of_bound()) - before + again);
    }
}

// Half of what lay unused throughout purge_ms isn't needed.
void fall(std::uint32_t now) noexcept {
    std::uint32_t last = fell_at.load(std::memory_order_relaxed);
    if (since(last, now) < age_ms || !fell_at.compare_exchange_strong(last, now)) {
        return;
    }
    const std::int64_t unused = least_waiting.exchange(sums::read(sums::waiting));
    const std::int64_t high = sums::read(learned);
    if (high != 0 && unused > 0) {
        sums::add(learned, -std::min(high, unused / 2));
    }
}

// A piece, runs of blocks first: they leave at a tenth of what lone pages cost. Inside of the gate.
std::size_t give_back(std::size_t most, std::uint32_t age) noexcept {
    const std::uint64_t begun = os::monotonic_nanoseconds();
    const std::uint32_t now = os::coarse_milliseconds();
    std::size_t tried = 0;
    std::size_t untouched = 0;
    while (tried < most) {
        const page_heap::given run = page_heap::give_back(most - tried, now, age);
        if (run.bytes == 0) {
            break;
        }
        tried += run.bytes;
        untouched += run.bytes - run.touched;
    }
    for (std::size_t n = 1; n < bin_count && tried < most; ++n) {
        const std::size_t bin = next_bin.load(std::memory_order_relaxed) % (bin_count - 1) + 1;
        if (central[bin].has_waiting()) {
            tried += central[bin].give_back(most - tried, now, age);
        }
        if (tried < most) { // nothing is left of it
            next_bin.store(bounded<std::uint32_t>(bin), std::memory_order_relaxed);
        }
    }
    if (tried != 0 && learns()) {
        if (given_lately.none()) { // what was needed before isn't needed again
            sums::needed.store(0, std::memory_order_relaxed);
        }
        nanoseconds_of_pieces.fetch_add(os::monotonic_nanoseconds() - begun,
                                        std::memory_order_relaxed);
        given_lately.add(static_cast<std::int64_t>(tried - untouched), program_milliseconds());
    }
    return tried;
}

// Gives back until no more than `target` waits, or nothing can be given.
void give_back_to(std::int64_t target) noexcept {
    for (;;) {
        const std::int64_t excess = sums::read(sums::waiting) - target;
        const slow_call here; // a fork waits for one piece
        if (excess <= 0 || !here || !pieces.enter()) {
            return;
        }
        const std::size_t most =
            several_call() ? std::min<std::size_t>(static_cast<std::size_t>(excess), largest_piece)
                           : static_cast<std::size_t>(excess);
        const std::size_t tried = give_back(most, 0);
        pieces.leave();
        if (tried == 0) {
            return;
        }
    }
}

// Does `f(cache)` with the caller's own, in a call; nothing while another thread forks.
template <class F>
void in_own_call(F&& f) noexcept {
    const slow_call here;
    if (here) {
        const booking own;
        f(*own);
    }
}

// Caches, then loose slots: all of them, or those that nobody needed.
bool sweep_slots(sweep_of caches, bool all_loose) noexcept {
    const slow_call here;
    if (!here || !sweeping.enter()) {
        return true;
    }
    sweep_count.fetch_add(1);
    bool waits = empty_caches(caches);
    for (std::size_t bin = 1; bin < bin_count; ++bin) {
        waits = central[bin].settle_loose(bin, all_loose) || waits;
    }
    sweeping.leave();
    return waits;
}

// Pieces until nothing has waited long enough. Returns how many bytes it tried to give.
std::size_t give_back_aged(std::uint32_t age) noexcept {
    for (std::size_t sum = 0;;) {
        const slow_call here;
        if (!here || !pieces.enter()) {
            return sum;
        }
        const std::size_t tried = give_back(largest_piece, age);
        pieces.leave();
        if (tried == 0) {
            return sum;
        }
        sum += tried;
    }
}

// Lets go of what caches and loose slots hold: the caller's cache now, every other thread's in its
// next slow call.
void empty_caches_in_calls() noexcept {
    if (has_cache()) {
        in_own_call([](thread_cache& own) { empty_bins(own); });
        current->shrink_seen = shrinks.fetch_add(1, std::memory_order_relaxed) + 1;
    }
    for (std::size_t bin = 1; bin < bin_count; ++bin) {
        const slow_call here;
        if (here) {
            central[bin].settle_loose(bin, !several_call());
        }
    }
}

// Caches and loose slots hold pages that nothing counts. Where a trim led to pages that went, the
// next one comes soon; where it didn't, memory goes up and down and needs them. (Of several threads
// most empty their caches after the trim: what they led to shows by the next one.)
void trim() noexcept {
    height.store(sums::read(told_sum_in_slots), std::memory_order_relaxed);
    empty_caches_in_calls();
    const bool several = several_call();
    const bool led_to_pages =
        sums::read(sums::waiting) > purge::bound() || (several && gave_since_trim.exchange(false));
    const std::int64_t most = std::max(most_fall, several ? sums::read(sums::granted) : 0);
    const std::int64_t twice = 2 * std::max(sums::read(may_fall), least_fall);
    may_fall.store(led_to_pages ? least_fall : std::min(twice, most), std::memory_order_relaxed);
}

// What the calling thread's own cache asks for, now and then.
void look_at_clock(thread_cache& cache) noexcept {
    const std::uint32_t now = program_milliseconds();
    fall(now);
    if (since(cache.aged_at, now) >= age_ms) {
        cache.aged_at = now;
        in_own_call([](thread_cache& own) { age(own); });
    }
    if (cache_room::was_refused()) { // others sleep on what this one needs
        sweep_slots(sweep_of::idle, false);
    }
}

} // namespace

void purge::configure(std::uint32_t ms) noexcept {
    age_ms = ms;
}

std::uint32_t purge::purge_ms() noexcept {
    return age_ms;
}

std::int64_t purge::bound() noexcept {
    if (age_ms == never) {
        return INT64_MAX;
    }
    return std::max(floor_of_bound(), sums::read(learned));
}

bool purge::goes_at_once(std::size_t bytes) noexcept {
    return bytes >= gib && age_ms != never;
}

namespace {

bool exceeds_bound(std::int64_t waiting) noexcept {
    return waiting > least_bound && waiting > purge::bound();
}

// What a slow call usually ends with: nothing is to be done, and nothing is called to find that.
bool asks_for_work(thread_cache& cache) noexcept {
    const bool looks = ++cache.slow_calls % calls_a_look == 0;
    if (cache.detoured.get() || cache_room::is_asked_for(cache) || companion::is_asleep()) {
        return true;
    }
    if (age_ms == purge::never) {
        return false;
    }
    const std::int64_t waiting = sums::read(sums::waiting);
    if (waiting < sums::read(least_waiting)) {
        least_waiting.store(waiting, std::memory_order_relaxed);
    }
    return looks || exceeds_bound(waiting) ||
           cache.shrink_seen != shrinks.load(std::memory_order_relaxed) ||
           (sums::read(sums::needed) != 0 && !given_lately.none()) || has_fallen();
}

// Apart, so that a call that asks for nothing saves no registers.
[[gnu::noinline]] void work(thread_cache& cache) noexcept {
    if (cache.detoured.get()) [[unlikely]] {
        in_own_call([](thread_cache& own) { end_detour(own); });
    }
    if (cache_room::is_asked_for(cache)) [[unlikely]] {
        in_own_call([](thread_cache& own) { cache_room::shrink_to_part(own); });
    }
    companion::wake();
    if (age_ms == purge::never) {
        return;
    }
    if (!given_lately.none()) {
        learn();
    }
    if (has_fallen()) [[unlikely]] {
        trim();
    }
    purge::relieve();
    const std::uint32_t shrunk = shrinks.load(std::memory_order_relaxed);
    if (cache.shrink_seen != shrunk) [[unlikely]] {
        cache.shrink_seen = shrunk;
        in_own_call([](thread_cache& own) { empty_bins(own); });
    }
    if (cache.slow_calls % calls_a_look == 0) {
        look_at_clock(cache);
    }
}

} // namespace

void purge::poll() noexcept {
    if (has_cache() && asks_for_work(*current)) {
        work(*current);
    }
}

void purge::relieve() noexcept {
    if (!exceeds_bound(sums::read(sums::waiting))) {
        return;
    }
    const std::int64_t most = bound();
    gave_since_trim.store(true, std::memory_order_relaxed);
    empty_caches_in_calls();
    give_back_to(most - std::min(most / 8, most_at_once));
}

bool purge::sweep() noexcept {
    const std::uint32_t now = os::coarse_milliseconds();
    const bool ages = now - aged_all_at.load(std::memory_order_relaxed) >= age_ms;
    if (ages) {
        aged_all_at.store(now, std::memory_order_relaxed);
    }
    const bool slots_wait = sweep_slots(ages ? sweep_of::aged : sweep_of::idle, false);
    static_cast<void>(give_back_aged(age_ms));
    if (sums::read(sums::waiting) > bound()) {
        give_back_to(bound());
    }
    return slots_wait || sums::read(sums::waiting) > 0;
}

bool purge::all() noexcept {
    in_own_call([](thread_cache& own) { empty(own); });
    static_cast<void>(sweep_slots(sweep_of::all, true));
    if (const slow_call here; here) {
        page_heap::forget_refusals();
        for (central_bin& bin : central) {
            bin.forget_refusals();
        }
    }
    return give_back_aged(0) != 0;
}

bool purge::reclaim(std::size_t bytes) noexcept {
    {
        const slow_call here;
        if (!here) { // the next try takes the detour
            return true;
        }
        const page_heap::free_totals runs = page_heap::free_runs_now();
        const thread_totals live = read_threads();
        const auto held = static_cast<std::uint64_t>(live.requested + live.slack);
        // Of what is idle, that which bins and caches keep; or what could go back to the system,
        // addresses and all.
        if (heap_closed() ||
            (sums::read(sums::waiting) < least_bound &&
             regions::mapped() < held + runs.dirty_bytes + runs.clean_bytes + bytes)) {
            return false;
        }
    }
    static_cast<void>(all());
    const slow_call here;
    for (std::size_t bin = 1; here && bin < bin_count; ++bin) {
        central[bin].drop_empty();
    }
    return true;
}

purge::pause::pause() noexcept {
    here_.wait();
    sweeping.close();
    pieces.close();
}
purge::pause::~pause() {
    pieces.open();
    sweeping.open();
}

std::uint32_t purge::sweeps() noexcept {
    const std::uint32_t is_busy = sweeping.is_busy() ? 1 : 0;
    return 2 * sweep_count.load() + is_busy;
}

} // namespace ebb::engine
