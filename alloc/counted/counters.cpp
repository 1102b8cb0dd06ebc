#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/counted/counters.h>
#include <ebb/alloc/counted/mend.h>
#include <ebb/alloc/os/pages.h>

#include <pthread.h>

#include <cerrno>
#include <new>

namespace ebb::counted {

constinit thread_local thread_state self;

namespace {

constexpr auto relaxed = std::memory_order_relaxed;
constexpr auto acquire = std::memory_order_acquire;
constexpr auto release = std::memory_order_release;

// Records are never unmapped: readers walk the list without a lock.
constinit record shared{os::record_owner::everybody::here};
constinit os::thread_records<record> records{&shared};
constinit std::atomic<std::int64_t> told_sum{0};
constinit std::atomic<std::int64_t> told_peak{0};

enum class key_state : unsigned char { none, wanted, made };
constinit std::atomic<key_state> key{key_state::none};
pthread_key_t exit_key;

void leave(void* left) {
    self.is_shared = true;
    self.mine = nullptr;
    records.leave(*static_cast<record*>(left));
}

// Only the thread that forked lives on in the child; the others' totals wait to be taken over.
void after_fork_in_child() {
    const std::uint32_t owned = records.owned();
    records.forget_others(self.mine);
    if (owned <= (self.mine == nullptr ? 0U : 1U)) {
        return; // no other thread counted anything at the time: a walk would cost a page each
    }
    std::int64_t told = 0;
    records.for_each([&told](record& r) {
        if (&r != self.mine && &r != &shared) {
            mend(r);
        }
        told += r.told.load(relaxed);
    });
    told_sum.store(told, relaxed); // a thread may have been about to tell
}

void set_up() noexcept {
    auto seen = key_state::none;
    if (key.compare_exchange_strong(seen, key_state::wanted, relaxed)) {
        if (::pthread_key_create(&exit_key, leave) == 0) {
            key.store(key_state::made, release);
        }
        ::pthread_atfork(nullptr, nullptr, after_fork_in_child);
    }
}

void* map_record() noexcept {
    return os::map(align_up(sizeof(record), os::page_size()), os::page_size());
}

// So many threads have their records side by side, in huge pages where the system has them: a fork
// copies an entry for each page that its process ever touched.
constexpr std::uint32_t least_crowd = 128;
constexpr std::size_t chunk_bytes = 2 * mib;
constexpr std::size_t records_a_chunk = chunk_bytes / sizeof(record);

// The next place in it, and how many places are left, in one word: a chunk is aligned to its size.
constinit std::atomic<std::uintptr_t> chunk{0};

void* take_of_chunk() noexcept {
    std::uintptr_t now = chunk.load(acquire);
    for (;;) {
        const std::size_t left = now % chunk_bytes;
        if (left != 0) {
            if (chunk.compare_exchange_weak(now, now - 1, std::memory_order_acq_rel)) {
                return reinterpret_cast<void*>(now - left + (left - 1) * sizeof(record));
            }
            continue;
        }
        void* const fresh = os::map(chunk_bytes, chunk_bytes);
        if (fresh == nullptr) {
            return map_record();
        }
        const std::uintptr_t all = reinterpret_cast<std::uintptr_t>(fresh) + records_a_chunk;
        if (chunk.compare_exchange_strong(now, all, std::memory_order_acq_rel)) {
            now = all;
        } else {
            os::unmap(fresh, chunk_bytes); // another thread was faster
        }
    }
}

record* find_or_map() noexcept {
    if (record* const waiting = records.take_any()) {
        return waiting;
    }
    void* const place = records.owned() < least_crowd ? map_record() : take_of_chunk();
    if (place == nullptr) {
        return nullptr;
    }
    auto* const r = new (place) record;
    records.add(*r);
    return r;
}

void raise(std::atomic<std::int64_t>& highest, std::int64_t to) noexcept {
    std::int64_t seen = highest.load(relaxed);
    while (seen < to && !highest.compare_exchange_weak(seen, to, relaxed)) {
    }
}

// The calling thread's record, of its own: an ended thread's or a new one; null where the thread
// has left or no memory can be had.
record* join() noexcept {
    if (self.is_shared) {
        return nullptr;
    }
    const int error = errno;
    record* const r = find_or_map();
    // What follows may allocate, and finds the record.
    self.mine = r;
    set_up();
    if (r != nullptr && key.load(acquire) == key_state::made) {
        ::pthread_setspecific(exit_key, r);
    }
    errno = error;
    return r;
}

void add_charge_shared(block b, std::atomic<std::uint64_t>& calls) noexcept {
    const std::size_t index = class_of(b.usable);
    shared.classes[index].charged_blocks.fetch_add(1, relaxed);
    if (index == 0) {
        shared.classless_charged.fetch_add(b.usable, relaxed);
    }
    shared.classes[index].charged_requested.fetch_add(b.requested, release);
    shared.charged_usable.fetch_add(b.usable, relaxed);
    calls.fetch_add(1, relaxed);
    shared.charged_requested.fetch_add(b.requested, release);
}

void add_refund_shared(block b, std::atomic<std::uint64_t>& calls) noexcept {
    const std::size_t index = class_of(b.usable);
    shared.classes[index].refunded_requested.fetch_add(b.requested, relaxed);
    if (index == 0) {
        shared.classless_refunded.fetch_add(b.usable, relaxed);
    }
    shared.classes[index].refunded_blocks.fetch_add(1, release);
    shared.refunded_requested.fetch_add(b.requested, relaxed);
    calls.fetch_add(1, relaxed);
    shared.refunded_usable.fetch_add(b.usable, release);
}

// The common sum hears of each of these calls at once.
void moved_shared(std::uint64_t by) noexcept {
    const auto drift = static_cast<std::int64_t>(by);
    raise(shared.peak, shared.live());
    shared.told.fetch_add(drift, relaxed);
    tell(drift);
}

record* own_or_joined() noexcept {
    return self.mine != nullptr ? self.mine : join();
}

} // namespace

void charge(block b) noexcept {
    if (record* const r = own_or_joined(); r != nullptr) {
        charge_to(*r, b);
    } else {
        add_charge_shared(b, shared.allocations);
        moved_shared(b.requested);
    }
}

void refund(block b) noexcept {
    if (record* const r = own_or_joined(); r != nullptr) {
        refund_to(*r, b);
    } else {
        add_refund_shared(b, shared.frees);
        moved_shared(0 - b.requested);
    }
}

void exchange(block old, block now) noexcept {
    if (record* const r = own_or_joined(); r != nullptr) {
        exchange_in(*r, old, now);
    } else {
        add_charge_shared(now, shared.exchanged_in);
        add_refund_shared(old, shared.exchanged_out);
        moved_shared(now.requested - old.requested);
    }
}

void tell(std::int64_t drift) noexcept {
    raise(told_peak, told_sum.fetch_add(drift, relaxed) + drift);
}

namespace {

std::uint64_t count_calls() noexcept {
    std::uint64_t sum = 0;
    records.for_each([&sum](const record& r) {
        sum += r.allocations.load(relaxed) + r.frees.load(relaxed) + r.exchanged_in.load(relaxed);
    });
    return sum;
}

totals read_once() noexcept {
    totals t;
    for (const record* r = records.first(); r != nullptr; r = r->next) {
        t.usable -= r->refunded_usable.load(acquire);
        t.requested -= r->refunded_requested.load(relaxed);
        t.frees += r->frees.load(relaxed);
    }
    std::int64_t own_peak = 0;
    // Once more from the front: a thread that joined in between may have charged what was refunded.
    for (const record* r = records.first(); r != nullptr; r = r->next) {
        const std::uint64_t requested = r->charged_requested.load(acquire);
        t.requested += requested;
        t.usable += r->charged_usable.load(relaxed);
        const std::uint64_t allocations = r->allocations.load(relaxed);
        t.allocations += allocations;
        if (allocations != 0 || r->frees.load(relaxed) != 0) {
            ++t.records;
            own_peak = r->peak.load(relaxed);
        }
    }
    if (t.records <= 1) {
        raise(told_peak, own_peak);
    }
    return t;
}

} // namespace

// A reader that loses its processor between its two passes finds what was handed out meanwhile, but
// not what came back. So it reads anew until few calls came between, and takes the best.
totals read_totals() noexcept {
    constexpr int most_tries = 100;
    constexpr std::uint64_t few_a_record = 100;
    totals best;
    std::uint64_t fewest = UINT64_MAX;
    for (int i = 0; i < most_tries; ++i) {
        const std::uint64_t before = count_calls();
        const totals t = read_once();
        const std::uint64_t between = count_calls() - before;
        if (between < fewest) {
            fewest = between;
            best = t;
        }
        if (between <= few_a_record * (t.records + 1)) {
            break;
        }
    }
    raise(told_peak, static_cast<std::int64_t>(best.requested)); // no later reading is below it
    best.peak_requested = static_cast<std::uint64_t>(told_peak.load(relaxed));
    return best;
}

class_totals read_class(std::size_t index) noexcept {
    class_totals t;
    for (const record* r = records.first(); r != nullptr; r = r->next) {
        t.blocks -= r->classes[index].refunded_blocks.load(acquire);
        t.usable -= r->classless_refunded.load(relaxed);
        t.requested -= r->classes[index].refunded_requested.load(relaxed);
    }
    for (const record* r = records.first(); r != nullptr; r = r->next) {
        t.requested += r->classes[index].charged_requested.load(acquire);
        const std::uint64_t blocks = r->classes[index].charged_blocks.load(relaxed);
        t.ever_blocks += blocks;
        t.blocks += blocks;
        t.usable += r->classless_charged.load(relaxed);
    }
    if (index != 0) {
        t.usable = t.blocks * index * class_bytes;
    }
    return t;
}

} // namespace ebb::counted
