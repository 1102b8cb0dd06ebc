// The sums behind accounts: a record a thread, a cell an account in each. Internal to the ledger.
//
// A record is 64 KiB and its head, mapped when a thread first charges, and never unmapped. Its
// thread alone writes the cells, with relaxed loads and stores; all totals only rise, so that a
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
    std::atomic<std::uint64_t> charged_requested{0};
    std::atomic<std::uint64_t> charged_slot{0};
    std::atomic<std::uint64_t> refunded_requested{0};
    std::atomic<std::uint64_t> refunded_slot{0};
    std::atomic<std::uint64_t> allocations{0};
    std::atomic<std::uint64_t> frees{0};
    std::atomic<std::int64_t> told{0}; ///< how much of the difference the account has heard of
    std::atomic<std::int64_t> peak{0}; ///< the highest that charged_slot - refunded_slot stood

    /// Slot bytes handed out less taken back; negative where other threads' blocks came back here.
    [[nodiscard]] std::int64_t live() const noexcept {
        return static_cast<std::int64_t>(charged_slot.load(std::memory_order_relaxed) -
                                         refunded_slot.load(std::memory_order_relaxed));
    }
    [[nodiscard]] bool untouched() const noexcept {
        return (allocations.load(std::memory_order_relaxed) |
                frees.load(std::memory_order_relaxed)) == 0;
    }
};
static_assert(sizeof(cell) == 64);

struct record {
    cell cells[count];
    record* next = nullptr;
    os::record_owner owner;
    bool is_shared = false; ///< by all threads that no record could be mapped for
};

/// Guards the table of accounts. Not held across a fork: the child opens it, and has what another
/// thread was doing under it finished (account.cpp).
extern constinit os::lock registry;
void finish_in_child() noexcept;

/// The calling thread's record: its own, one that an ended thread left, a new one, or, where no
/// memory can be had, one that is written by read-modify-write and shared.
[[nodiscard]] record& join() noexcept;

/// The first of all records.
[[nodiscard]] record* first_record() noexcept;

/// The calling thread's record, once it has joined.
extern constinit thread_local record* mine;

} // namespace ebb::ledger_cells
