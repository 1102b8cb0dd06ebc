// page_memory: what a map lives on by default. Plain blocks are operator new's; growing blocks are
// pages of the system's own, which grow and shrink where they lie and leave the process when they
// are given back.
//
// A growing block lies at the start of a range of addresses as long as its class (the power of two
// that holds the largest it may become). Its pages come by being touched: growing in place costs
// nothing but their faults, shrinking one madvise, and neither moves a byte:
//
//     |<------------------------ class: addresses ------------------------>|
//     +------------------------------+-------------------------------------+
//     | the block, in whole pages    | no memory                           |
//     +------------------------------+-------------------------------------+
//
// Ranges come from regions of addresses that all arenas of the process share (page_ranges.h). Of a
// class the range given back last keeps its pages, up to 256 KiB of them, as the next one's: a map
// that writes its segments anew, one after the other, would otherwise fault each page again (0.7
// us). That is all that is ever idle.
// No huge pages: a first touch of 2 MiB was seen to take 5 ms, and what gives back 4 KiB grains
// can't use them.
// Costs: a plain block is operator new's; a growing one a few dozen instructions, one madvise to
// give back, and a region's mapping now and then.
#pragma once

#if __cplusplus < 201709L // what g++ 10 says of C++20
#error "ebb needs C++20: compile with -std=c++20 or a later standard"
#else

#include <ebb/alloc/arena/arena.h>
#include <ebb/alloc/arena/slab_pages.h>
#include <ebb/alloc/base/gdb.h>
#include <ebb/alloc/ledger/tally.h>

#include <cstddef>
#include <memory>

namespace ebb {

/// An arena that also has blocks that grow in place. `largest` is the same in every call about a
/// block: what it may become without moving.
///
/// - `allocate_growing(bytes, largest)`: as `allocate`, aligned to the system's page.
/// - `resize(p, bytes, new_bytes, largest)`: true when the block has its new size where it lies;
///   false, nothing changed, when it would have to move. Never throws.
/// - `deallocate_growing(p, bytes, largest)`: as `deallocate`.
template <class A>
concept growing_arena = arena<A> && requires(A& a, void* p, std::size_t n) {
    { a.allocate_growing(n, n) } -> std::same_as<void*>;
    { a.resize(p, n, n, n) }
    noexcept->std::same_as<bool>;
    { a.deallocate_growing(p, n, n) }
    noexcept;
};

/// An arena over operator new and the system's pages. Movable: blocks stay where they are.
/// Ends when all its blocks are deallocated; others stay as they are, growing ones with their
/// addresses.
class EBB_SHOWN page_memory {
  public:
    page_memory() noexcept;
    page_memory(page_memory&& other) noexcept;
    page_memory& operator=(page_memory&& other) noexcept;
    ~page_memory();

    [[nodiscard]] void* allocate(std::size_t bytes,
                                 std::size_t alignment = alignof(std::max_align_t));
    void deallocate(void* p, std::size_t bytes,
                    std::size_t alignment = alignof(std::max_align_t)) noexcept;

    [[nodiscard]] void* allocate_growing(std::size_t bytes, std::size_t largest);
    void deallocate_growing(void* p, std::size_t bytes, std::size_t largest) noexcept;
    [[nodiscard]] bool resize(void* p, std::size_t bytes, std::size_t new_bytes,
                              std::size_t largest) noexcept;

    /// Brings the pages of a growing block into memory that is about to be filled: half the time of
    /// touching each.
    void populate(void* p, std::size_t bytes) noexcept;

    /// Throws std::bad_alloc where the system would refuse to map so many bytes at once; takes
    /// none. Cost: six system calls from 64 MiB on.
    static void expect(std::size_t bytes);

    /// As slab_arena has it: what the caller ends by slab_pages::unmap and by operator delete.
    [[nodiscard]] static void* map_slab(std::size_t bytes) { return slab_pages::map(bytes); }
    [[nodiscard]] static void* allocate_apart(std::size_t bytes, std::size_t alignment);
    void charge(std::size_t bytes) noexcept {
        counts_.map(bytes, 0);
        counts_.charge(bytes, bytes);
    }
    void refund(std::size_t bytes) noexcept {
        counts_.refund(bytes, bytes);
        counts_.unmap(bytes, 0);
    }

    /// Of a plain block; a growing one has whole pages.
    [[nodiscard]] std::size_t slot_bytes(const void*, std::size_t bytes,
                                         std::size_t) const noexcept {
        return bytes == 0 ? 1 : bytes;
    }

    /// `mapped` counts the pages of blocks and of idle ranges, not addresses without memory.
    [[nodiscard]] ledger read() const noexcept { return counts_.read(); }
    /// Gives back the idle pages.
    void trim() noexcept;
    void validate() const;

    friend void swap(page_memory& a, page_memory& b) noexcept;

  private:
    struct kept_ranges;

    [[nodiscard]] bool keeps() noexcept;

    tally counts_;
    std::unique_ptr<kept_ranges> kept_; // made when the first growing block is given back
};

} // namespace ebb

#endif // C++20
