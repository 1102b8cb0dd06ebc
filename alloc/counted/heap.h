// The calls of a malloc, counted on their way to the next one.
//
//     malloc(n)  dropin -> allocate: the next malloc's block -> its usable size -> remainders keep
//                what was asked -> the thread's counters
//     free(p)    dropin -> deallocate: usable size -> remainders -> counters -> the next free
//
// A block leaves exactly as the next malloc made it, for exactly the size that it was asked for. A
// free is counted before the block goes, an allocation after it came: a sum over threads never
// exceeds what the program holds. Errors are the next malloc's, errno with them; the shim's own
// work leaves errno alone.
// Threads: any.
#pragma once

#include <ebb/alloc/counted/bootstrap.h>
#include <ebb/alloc/counted/counters.h>
#include <ebb/alloc/counted/early.h>
#include <ebb/alloc/counted/next.h>
#include <ebb/alloc/counted/remainders.h>

#include <cstddef>

namespace ebb::counted {

/// A block's sizes, for the one who is about to give it back or label it anew. Requires: `p` is
/// live and was counted.
[[nodiscard]] inline block sizes_of(void* p) noexcept {
    const std::size_t usable = next.malloc_usable_size(p);
    return {.requested = usable != 0 ? remainders::requested(p, usable) : early::take(p),
            .usable = usable};
}

/// `keep` on its rare ways: something is aside (see `aside`), a first block of its kind, no memory.
[[gnu::cold]] void* keep_rarely(void* p, std::size_t n) noexcept;

/// Counts a block that the next malloc just made for `n` bytes; a null pointer passes.
[[gnu::always_inline]] inline void* keep(void* p, std::size_t n) noexcept {
    record* const r = self.mine;
    if (p == nullptr || r == nullptr || self.aside != 0) [[unlikely]] {
        return keep_rarely(p, n);
    }
    const std::size_t usable = next.malloc_usable_size(p);
    if (!remainders::try_keep(p, usable, n)) [[unlikely]] {
        return keep_rarely(p, n);
    }
    charge_to(*r, {.requested = n, .usable = usable});
    return p;
}

inline void* allocate(std::size_t n) noexcept {
    return keep(next.malloc(n), n);
}

/// `refund_before_free` on its rare ways: part of a delete of the next malloc's that is counted
/// already, of the shim's own question, a block from before the next malloc, a thread's first call.
[[gnu::cold]] bool refund_rarely(void* p) noexcept;

/// Counts a block that is about to go back; false when it is gone already.
[[nodiscard, gnu::always_inline]] inline bool refund_before_free(void* p) noexcept {
    record* const r = self.mine;
    if (r == nullptr || self.aside != 0 || bootstrap::owns(p)) [[unlikely]] {
        return refund_rarely(p);
    }
    const std::size_t usable = next.malloc_usable_size(p);
    if (usable == 0) [[unlikely]] {
        return refund_rarely(p);
    }
    refund_to(*r, {.requested = remainders::requested(p, usable), .usable = usable});
    return true;
}

inline void deallocate(void* p) noexcept {
    if (p != nullptr && refund_before_free(p)) {
        next.free(p);
    }
}

[[nodiscard]] void* allocate_zeroed(std::size_t count, std::size_t n) noexcept;

/// Neither an allocation nor a free, but for a null `p` (the former) and for an `n` of 0 where the
/// next malloc gives the block back (the latter).
[[nodiscard]] void* reallocate(void* p, std::size_t n) noexcept;

/// As reallocate(p, count * n); no memory where that overflows.
[[nodiscard]] void* reallocate_array(void* p, std::size_t count, std::size_t n) noexcept;

/// Labels and counts what replaces a block of sizes `old`, as no call of its own.
void replace(block old, void* p, std::size_t n) noexcept;

/// The next pvalloc, for `n` bytes that whole pages can hold; tcmalloc's forgets to look.
[[nodiscard]] void* allocate_pages(std::size_t n) noexcept;

/// The next posix_memalign, counted.
int allocate_aligned(void** p, std::size_t alignment, std::size_t n) noexcept;

/// What the program may use: all that the next malloc tells, but for blocks whose tail holds a
/// remainder: there what was asked for.
[[nodiscard]] std::size_t usable_bytes(void* p) noexcept;

} // namespace ebb::counted
