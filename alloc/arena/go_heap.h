// go_heap: Go's heap as a C++ arena. It rounds requests as Go's allocator does, keeps what was
// given back until it collects, and paces collections as GOGC=100 does.
//
//   requested + slack + dead   what runtime.MemStats.Alloc shows without a collection
//   requested + slack          what it shows after one
//
// Features: the 67 size classes, whole pages of 8 KiB above them, tiny blocks for pointer-free
// objects; collect() by hand. Double, interior and foreign frees stop the program.
// Costs: no header a block; a small dead block is linked through its first bytes. A collection
// takes time in proportion to the deaths since the last one. It models Go's accounts, not its
// address space: dead large blocks go back to the upstream when collected, while Go keeps them and
// lets its scavenger return them over minutes.
#pragma once

#if __cplusplus < 201709L // what g++ 10 says of C++20
#error "ebb needs C++20: compile with -std=c++20 or a later standard"
#else

#include <ebb/alloc/arena/arena.h>
#include <ebb/alloc/arena/go_classes.h>
#include <ebb/alloc/arena/go_pace.h>
#include <ebb/alloc/arena/go_tiny.h>
#include <ebb/alloc/arena/large_blocks.h>
#include <ebb/alloc/arena/slots.h>
#include <ebb/alloc/base/gdb.h>

#include <array>
#include <cstddef>
#include <memory_resource>

namespace ebb {

/// An arena with the accounts of Go's heap.
class EBB_SHOWN go_heap {
  public:
    explicit go_heap(std::pmr::memory_resource& upstream = system_pages());
    go_heap(const go_heap&) = delete;
    go_heap& operator=(const go_heap&) = delete;
    /// Gives everything back, live blocks or not.
    ~go_heap() = default;

    /// As the arena concept says. May collect, after the block is safe. An alignment over 8 takes
    /// the first class whose blocks have it.
    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment = 8);
    void deallocate(void* p, std::size_t bytes, std::size_t alignment = 8) noexcept;

    /// For blocks that hold no pointers: under 16 bytes they share Go's tiny blocks.
    [[nodiscard]] void* allocate_pointer_free(std::size_t bytes, std::size_t alignment = 8);
    void deallocate_pointer_free(void* p, std::size_t bytes, std::size_t alignment = 8) noexcept;

    /// Zeroed; without a memset where the pages are fresh from the system.
    [[nodiscard]] void* allocate_zeroed(std::size_t bytes, std::size_t alignment = 8);

    /// What a block from `allocate` occupies.
    [[nodiscard]] std::size_t slot_bytes(const void*, std::size_t bytes,
                                         std::size_t alignment) const noexcept;

    [[nodiscard]] ledger read() const noexcept { return counts_.read(); }

    /// Makes all that is dead reusable: small blocks idle; large ones go back to the upstream, but
    /// for 8 MiB that stay idle for requests of the same size.
    void collect() noexcept;

    /// Collections so far, the pace's and those by hand.
    [[nodiscard]] std::uint64_t collections() const noexcept { return collections_; }

    /// Gives idle chunks and blocks back to the upstream. Collects nothing.
    void trim() noexcept;
    void validate() const;

  private:
    // Twice Go's minimum heap, which Go doesn't give back either. A map of 10,000 entries grows
    // through arrays of 5 MB in all (values of 128 bytes): filled again, it finds them.
    static constexpr std::size_t kept_large_bytes = 8 * mib;

    // Of the blocks of one size.
    struct size_class {
        slots blocks;
        void* dead = nullptr; // linked through their first word
        std::uint32_t dead_count = 0;
        std::uint32_t span_left = 0; // blocks left in the span that the pace has counted
    };

    [[nodiscard]] size_class* class_for(std::size_t bytes, std::size_t alignment) noexcept;
    [[nodiscard]] const size_class* class_for(std::size_t bytes,
                                              std::size_t alignment) const noexcept;
    [[nodiscard]] large_blocks::taken allocate_large(std::size_t bytes, std::size_t alignment);
    void count_span(size_class& c) noexcept;

    tally counts_;
    std::pmr::memory_resource* upstream_;
    std::array<size_class, go_classes.size()> classes_;
    go_tiny tiny_;
    std::uint32_t tiny_span_left_ = 0;
    large_blocks large_;
    go_pace pace_;
    std::uint64_t collections_ = 0;
};

} // namespace ebb

#endif // C++20
