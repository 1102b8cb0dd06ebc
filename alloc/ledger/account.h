// Accounts: named sums that threads share and that nest. What a subsystem, a request or a map has
// been charged reaches its parents.
//
// Costs: charge and refund are a few loads and stores of the calling thread's own cell: no lock and
// no atomic read-modify-write, but where the cell has drifted a quantum (64 KiB) from what it last
// told the account: then one fetch_add for the account and each of its parents. Bytes: a cell of 64
// for each thread and account, mapped in one piece of 64 KiB a thread, resident where touched.
// Threads that no such piece can be mapped for share one, under a lock.
//
//     thread's record   [cell of account 0][cell of account 1] ...       written by its owner alone
//     another's         [cell of account 0][cell of account 1] ...
//                        `- a reader sums each column, and a parent's with its children's
//
// A record outlives its thread: it keeps its totals, and a later thread goes on from them, so that
// no reader ever sees a sum on its way from one place to another. After fork the child's thread
// keeps its own record, and those of the threads that are no more wait to be taken over: what these
// were charging or refunding is there wholly, or not at all.
//
// Works before constructors and after destructors: constant-initialised, from the system's pages.
#pragma once

#if __cplusplus < 201709L // what g++ 10 says of C++20
#error "ebb needs C++20: compile with -std=c++20 or a later standard"
#else

#include <ebb/alloc/base/gdb.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ebb {

/// What an account and all under it stand at. Bytes, but for the two counts.
struct account_reading {
    std::uint64_t requested = 0;   ///< charged and not refunded, as asked for
    std::uint64_t slack = 0;       ///< between that and the slots that serve it
    std::uint64_t allocations = 0; ///< charges so far
    std::uint64_t frees = 0;       ///< refunds so far

    /// The highest that requested + slack stood, off by `peak_error_bound` at most either way.
    std::uint64_t peak = 0;
    /// 0 when one thread alone has charged the account itself and none what is under it; else a
    /// quantum for each thread and account of the subtree that took part.
    std::uint64_t peak_error_bound = 0;

    [[nodiscard]] constexpr std::uint64_t live() const noexcept { return requested + slack; }
};

/// A named account. Not copied, not moved; its children must be gone before it.
/// Threads: `charge`, `refund` and `read` from any, beside each other. Making and destroying
/// accounts takes a lock.
class EBB_SHOWN account {
  public:
    /// How many accounts can stand at once; a destroyed account's place is used again.
    static constexpr std::size_t max_count = 1024;
    static constexpr std::size_t max_name_bytes = 63;

    /// How far a thread's cell may drift from what it told. 64 KiB makes 16 threads' peaks good to
    /// 1 MiB, and at 100 bytes a block tells once in 650 charges that all go one way.
    static constexpr std::uint64_t quantum_bytes = std::uint64_t{64} << 10U;

    /// Throws std::length_error, nothing changed, when `max_count` accounts stand already;
    /// std::invalid_argument when `name` is empty, longer than `max_name_bytes`, or not printable
    /// ASCII.
    explicit account(std::string_view name, account* parent = nullptr);
    account(const account&) = delete;
    account& operator=(const account&) = delete;
    /// Its sums stay in its parent's; without one they are forgotten. No thread may charge it any
    /// more. Stops the program when a child stands.
    ~account();

    /// A block of `requested` bytes in a slot of `slot` bytes is handed out.
    void charge(std::uint64_t requested, std::uint64_t slot) noexcept;
    /// It comes back, through this thread or another.
    void refund(std::uint64_t requested, std::uint64_t slot) noexcept;

    /// Sums all threads' cells, of this account and all under it. Exact when no thread is within a
    /// charge or refund; else it may hold what was charged since the read began. Stops the program
    /// when more was refunded than charged.
    /// Cost: the registry's lock, and a line for each record and account of the subtree. Records
    /// are as many as threads ever charged at once.
    [[nodiscard]] account_reading read() const noexcept;

    [[nodiscard]] std::string_view name() const noexcept { return {name_, name_bytes_}; }
    [[nodiscard]] account* parent() const noexcept { return parent_; }

    /// Calls `visit(const account&)` for each account that stands, parents before their children.
    /// None may be destroyed meanwhile. Cost: 8 KiB of stack.
    template <class Visit>
    static void for_each(Visit&& visit) {
        const account* all[max_count];
        const std::size_t count = list(all);
        for (std::size_t i = 0; i < count; ++i) {
            visit(*all[i]);
        }
    }

    /// In a forked child: finishes what other threads were charging or refunding, and ends an
    /// account that one was ending. (cells.cpp)
    static void finish_in_child() noexcept;

  private:
    struct sums;
    struct farewell;

    static void leave() noexcept;
    static void renew_estimates() noexcept;
    static constinit farewell leaving_;

    static std::size_t list(const account** all) noexcept;
    [[nodiscard]] bool is_under(const account* above) const noexcept;
    [[nodiscard]] sums sum_of_cells() const noexcept;
    void tell(std::int64_t drift) noexcept;

    std::uint32_t id_ = 0;
    account* parent_;
    // What children that are gone have left here. Under the registry's lock.
    account_reading left_;
    std::uint64_t left_cells_ = 0;
    // Slot bytes that cells have told of, those of the subtree included, and their highest sum.
    std::atomic<std::int64_t> estimate_{0};
    std::atomic<std::int64_t> peak_{0};
    std::size_t name_bytes_;
    char name_[max_name_bytes];
};

} // namespace ebb

#endif // C++20
