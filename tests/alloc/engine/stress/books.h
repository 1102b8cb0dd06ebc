// What the stress program knows of the heap by itself: a thread's own count of its calls, and how a
// run fails.
#pragma once

#include <algorithm>
#include <cstdint>

namespace stress {

/// A thread's count since the last quiet point. Exact: the sums over all threads are the ledger's.
struct books {
    std::int64_t requested = 0; ///< bytes, net: a block may be freed by another thread
    std::int64_t highest = 0;   ///< that `requested` stood
    std::uint64_t allocations = 0;
    std::uint64_t frees = 0;

    void change(std::int64_t bytes) {
        requested += bytes;
        highest = std::max(highest, requested);
    }
    void allocated(std::size_t bytes) {
        ++allocations;
        change(static_cast<std::int64_t>(bytes));
    }
    void freed(std::size_t bytes) {
        ++frees;
        change(-static_cast<std::int64_t>(bytes));
    }
    /// Adds another thread's. The sum of both highest is no less than the highest of the sum.
    void add(const books& other) {
        requested += other.requested;
        highest += other.highest;
        allocations += other.allocations;
        frees += other.frees;
    }
};

/// The seed that fail() names.
void set_seed(std::uint64_t seed);

/// Writes `stress: ...` with the seed to standard error and aborts. Allocates nothing, so that
/// forked children may call it.
[[noreturn, gnu::format(printf, 1, 2)]] void fail(const char* format, ...);

} // namespace stress
