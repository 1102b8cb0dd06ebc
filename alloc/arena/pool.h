// pool: equal slots, exact counters. For nodes, buckets, anything of one size.
//
// Features: constant-time allocate and deallocate in any order; empty chunks go back to the
// upstream (one is kept); double, interior and foreign frees stop the program.
// Costs: no header a block; chunks of 64 to 256 KiB or eight slots; two additions for the ledger.
// Layout: slots.h.
#pragma once

#if __cplusplus < 201709L // what g++ 10 says of C++20
#error "ebb needs C++20: compile with -std=c++20 or a later standard"
#else

#include <ebb/alloc/arena/arena.h>
#include <ebb/alloc/arena/slots.h>
#include <ebb/alloc/base/exceptions.h>

#include <cstdint>
#include <new>

namespace ebb {

/// An arena of slots of one size.
class pool {
  public:
    /// Slots for blocks of up to `slot_bytes` (rounded up to a multiple of 8) aligned to up to
    /// `slot_alignment` (a power of two up to 4,096; the slot rounds up to a multiple of it).
    /// Throws std::bad_alloc where no address space has room for such slots.
    explicit pool(std::size_t slot_bytes, std::size_t slot_alignment = 8,
                  std::pmr::memory_resource& upstream = system_pages())
        : slots_(whole_slot(slot_bytes, slot_alignment), upstream, counts_) {
        EBB_CHECK(is_alignment(slot_alignment) && slot_alignment <= slots_.alignment(),
                  "pool: slot_alignment must be a power of two up to 4096");
    }

    /// One slot. Throws std::bad_alloc, nothing changed, when the upstream has none or the block
    /// doesn't fit a slot.
    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment = 8) {
        if (bytes > slots_.slot_bytes() || alignment > slots_.alignment()) [[unlikely]] {
            throw_bad_alloc();
        }
        void* const p = slots_.take();
        counts_.charge(bytes, slots_.slot_bytes());
        return p;
    }

    void deallocate(void* p, std::size_t bytes, std::size_t = 8) noexcept {
        slots_.give(p);
        counts_.refund(bytes, slots_.slot_bytes());
    }

    [[nodiscard]] std::size_t slot_bytes(const void*, std::size_t, std::size_t) const noexcept {
        return slots_.slot_bytes();
    }
    [[nodiscard]] std::size_t slot_bytes() const noexcept { return slots_.slot_bytes(); }
    [[nodiscard]] std::size_t slot_alignment() const noexcept { return slots_.alignment(); }

    [[nodiscard]] ledger read() const noexcept { return counts_.read(); }
    void trim() noexcept { slots_.trim(); }
    void validate() const;

  private:
    static std::size_t whole_slot(std::size_t bytes, std::size_t alignment) {
        if (bytes > PTRDIFF_MAX / 2) {
            throw_bad_alloc();
        }
        return align_up(bytes == 0 ? 1 : bytes,
                        alignment < slots::min_slot_bytes ? slots::min_slot_bytes : alignment);
    }

    tally counts_;
    slots slots_;
};

} // namespace ebb

#endif // C++20
