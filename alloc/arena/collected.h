// collected: any arena with a collector's pace. Blocks given back stay dead in the inner arena
// until Go's pace, or collect(), takes them: what that allocator would show under Go's collector.
//
// Costs: a dead block is linked through its first 16 bytes, so the inner arena is asked for 16
// bytes at least, aligned to 8. A collection takes time in proportion to the deaths since the last
// one.
#pragma once

#if __cplusplus < 201709L // what g++ 10 says of C++20
#error "ebb needs C++20: compile with -std=c++20 or a later standard"
#else

#include <ebb/alloc/arena/arena.h>
#include <ebb/alloc/arena/go_pace.h>
#include <ebb/alloc/ledger/tally.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <utility>

namespace ebb {

/// The arena `A` with deferred deallocation. The pace counts A's own slot bytes.
template <arena A>
class collected {
  public:
    /// The arguments are the inner arena's.
    template <class... Args>
    explicit collected(Args&&... args) : inner_(std::forward<Args>(args)...) {}
    collected(const collected&) = delete;
    collected& operator=(const collected&) = delete;
    ~collected() { take_dead(); }

    /// As the arena concept says. May collect, after the block is safe.
    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment = 8) {
        alignment = aligned(alignment);
        return count(inner_.allocate(padded(bytes), alignment), bytes, alignment);
    }

    [[nodiscard]] void* allocate_zeroed(std::size_t bytes,
                                        std::size_t alignment = 8) requires zeroing_arena<A> {
        alignment = aligned(alignment);
        return count(inner_.allocate_zeroed(padded(bytes), alignment), bytes, alignment);
    }

    void deallocate(void* p, std::size_t bytes, std::size_t alignment = 8) noexcept {
        alignment = aligned(alignment);
        counts_.bury(bytes, slot_bytes(p, bytes, alignment));
        const auto shift = static_cast<std::size_t>(std::countr_zero(alignment));
        dead_ = ::new (p) dead_block{dead_, padded(bytes) << shift_bits | shift};
    }

    [[nodiscard]] std::size_t slot_bytes(const void* p, std::size_t bytes,
                                         std::size_t alignment) const noexcept {
        return inner_.slot_bytes(p, padded(bytes), aligned(alignment));
    }

    /// The inner arena's ledger, with the dead told from the living. What it holds beside its
    /// blocks (a bump's padding, blocks that wait there too) is slack and dead as it says.
    [[nodiscard]] ledger read() const noexcept {
        const ledger own = counts_.read();
        ledger l = inner_.read();
        l.slack = l.live() - own.requested - own.dead;
        l.requested = own.requested;
        l.dead += own.dead;
        l.peak_requested = own.peak_requested;
        return l;
    }

    /// Gives all that is dead back to the inner arena.
    void collect() noexcept {
        take_dead();
        pace_.collected(counts_.read().live());
        ++collections_;
    }

    /// Collections so far, the pace's and those by hand.
    [[nodiscard]] std::uint64_t collections() const noexcept { return collections_; }

    void trim() noexcept { inner_.trim(); }

    void validate() const {
        inner_.validate();
        const ledger l = read();
        EBB_CHECK(l.balanced() && l.occupied() == inner_.read().occupied() &&
                      counts_.read().occupied() <= inner_.read().live(),
                  "collected: the ledger differs from the inner arena's");
    }

    [[nodiscard]] A& inner() noexcept { return inner_; }

  private:
    struct dead_block {
        dead_block* next;
        std::size_t bytes_and_shift; // padded bytes << shift_bits | log2 of the alignment
    };
    static constexpr unsigned shift_bits = 6;

    static constexpr std::size_t aligned(std::size_t alignment) noexcept {
        return std::max(alignment, alignof(dead_block));
    }
    static constexpr std::size_t padded(std::size_t bytes) noexcept {
        return std::max(bytes, sizeof(dead_block));
    }

    void* count(void* p, std::size_t bytes, std::size_t alignment) noexcept {
        const std::size_t slot = slot_bytes(p, bytes, alignment);
        counts_.map(slot, 0); // this tally's `mapped` is what the inner arena has handed out
        counts_.charge(bytes, slot);
        if (pace_.handed_out(slot)) {
            collect();
        }
        return p;
    }

    void take_dead() noexcept {
        while (dead_ != nullptr) {
            dead_block* const d = dead_;
            dead_ = d->next;
            const std::size_t bytes = d->bytes_and_shift >> shift_bits;
            const std::size_t alignment = std::size_t{1}
                                          << (d->bytes_and_shift % (1U << shift_bits));
            const std::size_t slot = inner_.slot_bytes(d, bytes, alignment);
            counts_.reclaim(slot);
            counts_.unmap(slot, 0);
            inner_.deallocate(d, bytes, alignment);
        }
    }

    A inner_;
    tally counts_;
    dead_block* dead_ = nullptr;
    go_pace pace_;
    std::uint64_t collections_ = 0;
};

} // namespace ebb

#endif // C++20
