// The sums behind accounts: a record a thread, a cell an account in each. Internal to the ledger.
//
// A record is 64 KiB and its head, mapped when a thread first charges, and never unmapped. Its
// thread alone writes the cells, with plain loads and stores; all totals only rise, so that a
// reader who takes the refunds before the charges never finds more given back than handed out:
// each refund that it saw came after its charge, and it sees that one then too.
#pragma once

#include <ebb/alloc/os/lock.h>
#include <ebb/alloc/os/thread_records.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace ebb::ledger_cells {

inline constexpr std::size_t count = 1024;

/// One thread's totals for one account: a cache line, so that two accounts' don't share one.
struct alignas(64) cell {
    /// What was handed out, or what came back.
    struct totals {
        std::atomic<std::uint64_t> slot{0};
        std::atomic<std::uint64_t> requested{0};
        std::atomic<std::uint64_t> calls{0};
    };
    totals charged;
    totals refunded;
    std::atomic<std::int64_t> told{0}; ///< how much of live() the account has heard of
    std::atomic<std::int64_t> peak{0}; ///< the highest that live() stood

    /// Slot bytes handed out less taken back; negative where other threads' blocks came back here.
    [[nodiscard]] std::int64_t live() const noexcept {
        return static_cast<std::int64_t>(charged.slot.load(std::memory_order_relaxed) -
                                         refunded.slot.load(std::memory_order_relaxed));
    }
    [[nodiscard]] bool untouched() const noexcept {
        return (charged.calls.load(std::memory_order_relaxed) |
                refunded.calls.load(std::memory_order_relaxed)) == 0;
    }
};
static_assert(sizeof(cell) == 64);

/// A charge or refund that is being written to a cell: what the totals will be. It stands whole
/// before the cell is written, so that the child of a fork can write the cell once more.
struct entry {
    static constexpr std::uint32_t refund = 1;
    std::atomic<std::uint32_t> what{0}; ///< 0: none, else 2 x (the account's id + 1), + refund
    cell::totals after;
};

struct record {
    cell cells[count];
    entry doing;
    record* next = nullptr;
    os::record_owner owner;
    bool is_shared = false; ///< by all threads that no record could be mapped for
};

/// Guards the table of accounts. No lock is held across a fork: the child opens them, and has what
/// other threads were doing finished (account.cpp).
extern constinit os::lock registry;
extern constinit os::lock sharing;
void finish_in_child() noexcept;

/// The calling thread's record: its own, one that an ended thread left, a new one, or, where no
/// memory can be had, one that is shared, and written under `sharing`.
[[nodiscard]] record& join() noexcept;

/// The first of all records.
[[nodiscard]] record* first_record() noexcept;

/// The calling thread's record, once it has joined.
extern constinit thread_local record* mine;

} // namespace ebb::ledger_cells
