// The ledger: where every byte taken from below stands. Plain numbers that their owner knows
// exactly; nothing here is estimated or clamped.
//
//     mapped = requested + slack + dead + idle + overhead        (at every quiescent moment)
#pragma once

#if __cplusplus < 201709L // what g++ 10 says of C++20
#error "ebb needs C++20: compile with -std=c++20 or a later standard"
#else

#include <ebb/alloc/base/gdb.h>

#include <cstdint>

namespace ebb {

/// A snapshot of one owner's bytes. All members are bytes.
struct ledger {
    std::uint64_t requested = 0; ///< asked for and not yet given back, exactly as asked
    std::uint64_t slack = 0;     ///< between what was asked for and the slot that serves it
    std::uint64_t dead = 0;      ///< given back, not yet reusable
    std::uint64_t idle = 0;      ///< reusable: free slots, unused tails, retained pages
    std::uint64_t overhead = 0;  ///< the allocator's own tables and headers
    std::uint64_t mapped = 0;    ///< taken from below

    std::uint64_t peak = 0;           ///< the highest that requested + slack + dead ever stood
    std::uint64_t peak_requested = 0; ///< the highest that requested ever stood
    std::uint64_t peak_mapped = 0;    ///< the highest that mapped ever stood

    /// Bytes that hold something: requested + slack.
    [[nodiscard]] constexpr std::uint64_t live() const noexcept { return requested + slack; }

    /// Bytes that can't be handed out now: requested + slack + dead.
    [[nodiscard]] constexpr std::uint64_t occupied() const noexcept { return live() + dead; }

    /// Whether the identity holds and no peak lies below its term.
    [[nodiscard]] constexpr bool balanced() const noexcept {
        return mapped == requested + slack + dead + idle + overhead && peak >= occupied() &&
               peak_requested >= requested && peak_mapped >= mapped;
    }

    friend bool operator==(const ledger&, const ledger&) = default;
};

} // namespace ebb

#endif // C++20
