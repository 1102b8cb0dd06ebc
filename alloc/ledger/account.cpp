#include <ebb/alloc/base/check.h>
#include <ebb/alloc/base/narrow.h>
#include <ebb/alloc/ledger/account.h>
#include <ebb/alloc/ledger/cells.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace ebb {

using ledger_cells::cell;
using ledger_cells::record;
using ledger_cells::registry;

static_assert(account::max_count == ledger_cells::count);

namespace {

constexpr auto relaxed = std::memory_order_relaxed;

// The accounts that stand, by id. Under the registry's lock.
constinit account* table[account::max_count] = {};

// In the order of the program, as readers and the child of a fork rely on.
template <class T>
void put(std::atomic<T>& to, T value) noexcept {
    to.store(value, std::memory_order_release);
}

// The calling thread's record while it writes there.
class written_record {
  public:
    written_record() noexcept
        : record_(ledger_cells::mine != nullptr ? *ledger_cells::mine : ledger_cells::join()) {
        if (record_.is_shared) [[unlikely]] {
            ledger_cells::sharing.acquire();
        }
    }
    ~written_record() {
        if (record_.is_shared) [[unlikely]] {
            ledger_cells::sharing.release();
        }
    }
    written_record(const written_record&) = delete;
    written_record& operator=(const written_record&) = delete;

    record& operator*() const noexcept { return record_; }
    record* operator->() const noexcept { return &record_; }

  private:
    record& record_;
};

void raise(std::atomic<std::int64_t>& highest, std::int64_t to) noexcept {
    std::int64_t seen = highest.load(relaxed);
    while (seen < to && !highest.compare_exchange_weak(seen, to, relaxed)) {
    }
}

// Whether a cell has drifted a quantum, either way.
bool is_far(std::int64_t drift) noexcept {
    constexpr auto quantum = static_cast<std::int64_t>(account::quantum_bytes);
    return drift >= quantum || drift <= -quantum;
}

// What the cell, at `live` bytes now, has to tell: the drift since it last told, once that is far.
std::int64_t drift_to_tell(cell& c, std::int64_t live) noexcept {
    const std::int64_t drift = live - c.told.load(relaxed);
    if (!is_far(drift)) [[likely]] {
        return 0;
    }
    put(c.told, live);
    return drift;
}

struct totals {
    std::uint64_t slot = 0;
    std::uint64_t requested = 0;
    std::uint64_t calls = 0;
};

// What a cell's totals will be with one block more, written down as being written to the cell.
totals begin(record& r, std::uint32_t what, const cell::totals& before, std::uint64_t requested,
             std::uint64_t slot) noexcept {
    const totals after{before.slot.load(relaxed) + slot, before.requested.load(relaxed) + requested,
                       before.calls.load(relaxed) + 1};
    put(r.doing.after.slot, after.slot);
    put(r.doing.after.requested, after.requested);
    put(r.doing.after.calls, after.calls);
    put(r.doing.what, what);
    return after;
}

bool is_printable(std::string_view name) noexcept {
    return std::all_of(name.begin(), name.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

} // namespace

// Of one account's cells alone.
struct account::sums {
    std::uint64_t charged_requested = 0;
    std::uint64_t charged_slot = 0;
    std::uint64_t refunded_requested = 0;
    std::uint64_t refunded_slot = 0;
    std::uint64_t allocations = 0;
    std::uint64_t frees = 0;
    std::uint64_t cells = 0;
    std::int64_t told = 0;
    std::int64_t peak = 0; // of the last cell: the account's own where `cells` is 1
};

// The end of an account, written down whole before the first of it is done: so a child of a fork
// can do it once more, whatever of it had been done. Under the registry's lock.
struct account::farewell {
    bool written = false;
    account* gone = nullptr;
    account_reading left; // the parent's, after it
    std::uint64_t left_cells = 0;
};
constinit account::farewell account::leaving_;

account::account(std::string_view name, account* parent)
    : parent_(parent), name_bytes_(name.size()) {
    if (name.empty() || name.size() > max_name_bytes || !is_printable(name)) {
        throw std::invalid_argument("ebb::account: a name is 1 to 63 printable ASCII characters");
    }
    std::memcpy(name_, name.data(), name.size());
    const os::lock_guard lock(registry);
    account** const free = std::find(table, table + max_count, nullptr);
    if (free == table + max_count) {
        throw std::length_error("ebb::account: 1024 accounts stand already");
    }
    id_ = bounded<std::uint32_t>(free - table);
    *free = this;
}

account::~account() {
    const os::lock_guard lock(registry);
    EBB_CHECK(std::none_of(table, table + max_count,
                           [this](const account* a) { return a != nullptr && a->parent_ == this; }),
              "account: destroyed before its children");
    const sums s = sum_of_cells();
    farewell f;
    leaving_.gone = f.gone = this;
    if (parent_ != nullptr) {
        f.left = parent_->left_;
        f.left.requested += left_.requested + s.charged_requested - s.refunded_requested;
        f.left.slack += left_.slack + (s.charged_slot - s.charged_requested) -
                        (s.refunded_slot - s.refunded_requested);
        f.left.allocations += left_.allocations + s.allocations;
        f.left.frees += left_.frees + s.frees;
        f.left_cells = parent_->left_cells_ + left_cells_ + s.cells;
        const auto live = static_cast<std::int64_t>(s.charged_slot - s.refunded_slot);
        if (live != s.told) {
            parent_->tell(live - s.told);
        }
    }
    leaving_ = f;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    leaving_.written = true;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    leave();
}

// Requires: the registry's lock, and `leaving_` is written.
void account::leave() noexcept {
    account& gone = *leaving_.gone;
    if (gone.parent_ != nullptr) {
        gone.parent_->left_ = leaving_.left;
        gone.parent_->left_cells_ = leaving_.left_cells;
    }
    for (record* r = ledger_cells::first_record(); r != nullptr; r = r->next) {
        cell& c = r->cells[gone.id_];
        if (!c.untouched()) {
            for (cell::totals* side : {&c.charged, &c.refunded}) {
                side->slot.store(0, relaxed);
                side->requested.store(0, relaxed);
                side->calls.store(0, relaxed);
            }
            c.told.store(0, relaxed);
            c.peak.store(0, relaxed);
        }
    }
    table[gone.id_] = nullptr;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    leaving_.written = false;
    leaving_.gone = nullptr;
}

// What a fork in a thread's tell() leaves of it can't be known; but what the cells and those that
// ended told is all that an estimate can be. Under the registry's lock, or in a forked child.
void account::renew_estimates() noexcept {
    const auto for_each_standing = [](auto&& f) {
        for (account* const a : table) {
            if (a != nullptr) {
                f(*a);
            }
        }
    };
    for_each_standing([](account& a) { a.estimate_.store(0, relaxed); });
    for_each_standing([](account& a) {
        const auto told = static_cast<std::int64_t>(a.left_.live()) + a.sum_of_cells().told;
        for (account* above = &a; above != nullptr; above = above->parent_) {
            above->estimate_.fetch_add(told, relaxed);
        }
    });
    for_each_standing([](account& a) { raise(a.peak_, a.estimate_.load(relaxed)); });
}

void account::finish_in_child() noexcept {
    bool any = leaving_.gone != nullptr;
    for (record* r = ledger_cells::first_record(); r != nullptr; r = r->next) {
        const std::uint32_t what = r->doing.what.load(relaxed);
        // This thread's own goes on after a signal's handler; a shared one was another thread's
        // work.
        if (what == 0 || (r == ledger_cells::mine && !r->is_shared)) {
            continue;
        }
        any = true;
        cell& c = r->cells[what / 2 - 1];
        cell::totals& to = what % 2 == ledger_cells::entry::refund ? c.refunded : c.charged;
        put(to.slot, r->doing.after.slot.load(relaxed));
        put(to.requested, r->doing.after.requested.load(relaxed));
        put(to.calls, r->doing.after.calls.load(relaxed));
        raise(c.peak, c.live());
        put(c.told, c.live()); // the estimates are made anew from these
        put(r->doing.what, 0U);
    }
    if (leaving_.written) {
        leave();
    }
    leaving_.gone = nullptr; // it may have been about to be written
    if (any) {
        renew_estimates();
    }
}

void ledger_cells::finish_in_child() noexcept {
    account::finish_in_child();
}

// The stores' order holds slot bytes above requested ones at every moment, for a reader.
void account::charge(std::uint64_t requested, std::uint64_t slot) noexcept {
    const written_record to;
    cell& c = to->cells[id_];
    const totals after = begin(*to, 2 * (id_ + 1), c.charged, requested, slot);
    put(c.charged.slot, after.slot);
    put(c.charged.calls, after.calls);
    put(c.charged.requested, after.requested);
    const std::int64_t live = c.live();
    if (live > c.peak.load(relaxed)) {
        c.peak.store(live, relaxed);
    }
    if (const std::int64_t drift = drift_to_tell(c, live); drift != 0) [[unlikely]] {
        tell(drift);
    }
    put(to->doing.what, 0U);
}

void account::refund(std::uint64_t requested, std::uint64_t slot) noexcept {
    const written_record to;
    cell& c = to->cells[id_];
    const std::uint32_t what = 2 * (id_ + 1) + ledger_cells::entry::refund;
    const totals after = begin(*to, what, c.refunded, requested, slot);
    put(c.refunded.requested, after.requested);
    put(c.refunded.calls, after.calls);
    put(c.refunded.slot, after.slot);
    if (const std::int64_t drift = drift_to_tell(c, c.live()); drift != 0) [[unlikely]] {
        tell(drift);
    }
    put(to->doing.what, 0U);
}

void account::tell(std::int64_t drift) noexcept {
    for (account* a = this; a != nullptr; a = a->parent_) {
        raise(a->peak_, a->estimate_.fetch_add(drift, relaxed) + drift);
    }
}

// All refunds first, then the charges: see cells.h.
account::sums account::sum_of_cells() const noexcept {
    sums s;
    for (const record* r = ledger_cells::first_record(); r != nullptr; r = r->next) {
        const cell& c = r->cells[id_];
        s.refunded_slot += c.refunded.slot.load(std::memory_order_acquire);
        s.refunded_requested += c.refunded.requested.load(relaxed);
        s.frees += c.refunded.calls.load(relaxed);
    }
    for (const record* r = ledger_cells::first_record(); r != nullptr; r = r->next) {
        const cell& c = r->cells[id_];
        s.charged_requested += c.charged.requested.load(std::memory_order_acquire);
        s.charged_slot += c.charged.slot.load(relaxed);
        s.allocations += c.charged.calls.load(relaxed);
        if (!c.untouched()) {
            ++s.cells;
            s.told += c.told.load(relaxed);
            s.peak = c.peak.load(relaxed);
        }
    }
    return s;
}

bool account::is_under(const account* above) const noexcept {
    const account* a = this;
    while (a != nullptr && a != above) {
        a = a->parent_;
    }
    return a == above;
}

account_reading account::read() const noexcept {
    const os::lock_guard lock(registry);
    account_reading result;
    std::uint64_t cells = 0;
    std::int64_t own_peak = 0;
    bool is_exact = true;
    for (const account* const a : table) {
        if (a == nullptr || !a->is_under(this)) {
            continue;
        }
        const sums s = a->sum_of_cells();
        // With what ended children left: their blocks may come back through the parent.
        const std::uint64_t requested =
            a->left_.requested + s.charged_requested - s.refunded_requested;
        const std::uint64_t slot = a->left_.live() + s.charged_slot - s.refunded_slot;
        EBB_CHECK(static_cast<std::int64_t>(slot) >= 0 && requested <= slot,
                  "account: more refunded than charged");
        result.requested += requested;
        result.slack += slot - requested;
        result.allocations += s.allocations + a->left_.allocations;
        result.frees += s.frees + a->left_.frees;
        cells += s.cells + a->left_cells_;
        is_exact = is_exact && a->left_cells_ == 0 && (a == this || s.cells == 0);
        own_peak = a == this ? s.peak : own_peak;
    }
    if (is_exact && cells <= 1) {
        result.peak = static_cast<std::uint64_t>(own_peak);
    } else {
        const auto told = static_cast<std::uint64_t>(peak_.load(relaxed));
        result.peak = std::max(told, result.live());
        result.peak_error_bound = cells * quantum_bytes;
    }
    return result;
}

std::size_t account::list(const account** all) noexcept {
    const os::lock_guard lock(registry);
    std::size_t count = 0;
    bool has_children[max_count] = {};
    for (const account* const a : table) {
        if (a != nullptr && a->parent_ != nullptr) {
            has_children[a->parent_->id_] = true;
        }
    }
    // Level by level, the children of the last level each time.
    const auto append_children = [&](const account* parent) {
        for (const account* const a : table) {
            if (a != nullptr && a->parent_ == parent) {
                all[count++] = a;
            }
        }
    };
    append_children(nullptr);
    for (std::size_t i = 0; i < count; ++i) {
        if (has_children[all[i]->id_]) {
            append_children(all[i]);
        }
    }
    return count;
}

} // namespace ebb
