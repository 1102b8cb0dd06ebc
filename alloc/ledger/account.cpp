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

// The owner's own addition: nobody else writes, so no read-modify-write is needed.
template <class T>
void add(std::atomic<T>& total, T amount, std::memory_order order = relaxed) noexcept {
    total.store(total.load(relaxed) + amount, order);
}

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
    c.told.store(live, relaxed);
    return drift;
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
    f.gone = this;
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
            for (auto* total : {&c.charged_requested, &c.charged_slot, &c.refunded_requested,
                                &c.refunded_slot, &c.allocations, &c.frees}) {
                total->store(0, relaxed);
            }
            c.told.store(0, relaxed);
            c.peak.store(0, relaxed);
        }
    }
    table[gone.id_] = nullptr;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    leaving_.written = false;
}

void account::finish_in_child() noexcept {
    if (leaving_.written) {
        leave();
    }
}

void ledger_cells::finish_in_child() noexcept {
    account::finish_in_child();
}

// The stores' order holds slot bytes above requested ones at every moment, for a reader and for the
// child of a fork that happens in between.
void account::charge(std::uint64_t requested, std::uint64_t slot) noexcept {
    record* const r = ledger_cells::mine != nullptr ? ledger_cells::mine : &ledger_cells::join();
    if (r->is_shared) [[unlikely]] {
        charge_shared(requested, slot);
        return;
    }
    cell& c = r->cells[id_];
    add(c.charged_slot, slot);
    add(c.allocations, std::uint64_t{1});
    add(c.charged_requested, requested, std::memory_order_release);
    const std::int64_t live = c.live();
    if (live > c.peak.load(relaxed)) {
        c.peak.store(live, relaxed);
    }
    if (const std::int64_t drift = drift_to_tell(c, live); drift != 0) [[unlikely]] {
        tell(drift);
    }
}

void account::refund(std::uint64_t requested, std::uint64_t slot) noexcept {
    record* const r = ledger_cells::mine != nullptr ? ledger_cells::mine : &ledger_cells::join();
    if (r->is_shared) [[unlikely]] {
        refund_shared(requested, slot);
        return;
    }
    cell& c = r->cells[id_];
    add(c.refunded_requested, requested);
    add(c.frees, std::uint64_t{1});
    add(c.refunded_slot, slot, std::memory_order_release);
    if (const std::int64_t drift = drift_to_tell(c, c.live()); drift != 0) [[unlikely]] {
        tell(drift);
    }
}

// Without a record of its own a thread shares one, and tells every byte: rare, so simple.
void account::charge_shared(std::uint64_t requested, std::uint64_t slot) noexcept {
    cell& c = ledger_cells::mine->cells[id_];
    c.charged_slot.fetch_add(slot, relaxed);
    c.allocations.fetch_add(1, relaxed);
    c.charged_requested.fetch_add(requested, std::memory_order_release);
    c.told.fetch_add(static_cast<std::int64_t>(slot), relaxed);
    raise(c.peak, c.live());
    tell(static_cast<std::int64_t>(slot));
}

void account::refund_shared(std::uint64_t requested, std::uint64_t slot) noexcept {
    cell& c = ledger_cells::mine->cells[id_];
    c.refunded_requested.fetch_add(requested, relaxed);
    c.frees.fetch_add(1, relaxed);
    c.refunded_slot.fetch_add(slot, std::memory_order_release);
    c.told.fetch_sub(static_cast<std::int64_t>(slot), relaxed);
    tell(-static_cast<std::int64_t>(slot));
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
        s.refunded_slot += c.refunded_slot.load(std::memory_order_acquire);
        s.refunded_requested += c.refunded_requested.load(relaxed);
        s.frees += c.frees.load(relaxed);
    }
    for (const record* r = ledger_cells::first_record(); r != nullptr; r = r->next) {
        const cell& c = r->cells[id_];
        s.charged_requested += c.charged_requested.load(std::memory_order_acquire);
        s.charged_slot += c.charged_slot.load(relaxed);
        s.allocations += c.allocations.load(relaxed);
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
