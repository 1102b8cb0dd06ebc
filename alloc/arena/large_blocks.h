// Blocks that come straight from an upstream, a page or more each, with a table that knows them:
// the mechanism under the large side of sized and go_heap.
//
// Costs: a look-up in an open-addressed table for each block that comes or goes, beside the
// upstream's own call; 16 bytes a block at a load of 3/4 at most, in whole pages, counted as
// overhead. The table buys the check for double and foreign frees, and an arena that can drop what
// it still holds.
#pragma once

#if __cplusplus < 201709L // what g++ 10 says of C++20
#error "ebb needs C++20: compile with -std=c++20 or a later standard"
#else

#include <ebb/alloc/ledger/tally.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>

namespace ebb {

/// The large blocks of one arena. Reports them to the owner's tally as mapped; what a block is
/// asked for is the owner's to count.
///
/// Invariants, checked by `validate()`:
///  1. Each block stands once in the table, on its probe sequence without a gap before it.
///  2. `bytes()` is the sum over the blocks, live and retired; the load is 3/4 at most.
/// Threads: one at a time.
class large_blocks {
  public:
    /// How much is kept, idle, of what was given back.
    struct keeping {
        std::size_t bytes = 0; ///< so much at first
        /// Each block that has to be fetched again after one was given back raises it, up to this:
        /// a program that breathes keeps its breath.
        std::size_t most_bytes = 0;
        /// A kept block serves requests of up to 1/part less than itself; 0: of its size alone.
        std::size_t part = 0;
    };
    large_blocks(std::pmr::memory_resource& upstream, tally& counts, keeping keeps) noexcept
        : upstream_(&upstream), counts_(&counts), keeps_(keeps), keep_bytes_(keeps.bytes) {}
    large_blocks(const large_blocks&) = delete;
    large_blocks& operator=(const large_blocks&) = delete;
    /// Gives every block and the table back.
    ~large_blocks() { clear(); }

    struct taken {
        void* block = nullptr;
        std::size_t bytes = 0; ///< what it has: more than was asked for, if it was kept
        bool is_fresh = false; ///< straight from the upstream, not kept from before
    };

    /// A block of `bytes`, a multiple of the page size, aligned to a page at least. Throws
    /// std::bad_alloc, nothing changed.
    [[nodiscard]] taken take(std::size_t bytes, std::size_t alignment);

    /// Gives a block back; returns the bytes that it had. Stops the program when it is no live
    /// block that serves a request of `bytes`.
    std::size_t give(void* p, std::size_t bytes) noexcept;

    /// The bytes of a live block; 0 of any other.
    [[nodiscard]] std::size_t bytes_of(const void* p) const noexcept {
        const std::size_t i = find(p);
        return i == capacity_ ? 0 : table_[i].bytes;
    }

    /// Ends a block's life and keeps its bytes until `reclaim`. Stops the program as `give` does.
    void retire(void* p, std::size_t bytes) noexcept;

    /// Gives the retired blocks back, or keeps them as idle; returns their bytes.
    std::size_t reclaim() noexcept;

    /// Gives every block and the table back.
    void clear() noexcept;

    /// Gives the idle blocks back, and the table if it is empty.
    void trim() noexcept;

    /// Bytes of all blocks live or retired, of the idle ones, and of the table.
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
    [[nodiscard]] std::size_t idle_bytes() const noexcept { return idle_bytes_; }
    [[nodiscard]] std::size_t table_bytes() const noexcept { return capacity_ * sizeof(entry); }
    [[nodiscard]] std::size_t count() const noexcept { return count_; }

    void validate() const;

  private:
    // A block is page-aligned, so that its address has room for log2 of its alignment (6 bits) and
    // a bit for retired. An empty entry is all zeroes.
    struct entry {
        std::uintptr_t tagged = 0;
        std::size_t bytes = 0;

        [[nodiscard]] void* block() const noexcept {
            return reinterpret_cast<void*>(tagged & ~tag_mask);
        }
        [[nodiscard]] std::size_t alignment() const noexcept {
            return std::size_t{1} << (tagged & shift_mask);
        }
        [[nodiscard]] bool is_retired() const noexcept { return (tagged & retired_bit) != 0; }
        [[nodiscard]] bool is_empty() const noexcept { return tagged == 0; }
    };
    static constexpr std::uintptr_t shift_mask = 63;
    static constexpr std::uintptr_t retired_bit = 64;
    static constexpr std::uintptr_t tag_mask = shift_mask | retired_bit;

    [[nodiscard]] std::size_t home_of(const void* block) const noexcept;
    [[nodiscard]] std::size_t find(const void* p) const noexcept; // capacity_ when absent
    [[nodiscard]] entry& live_entry(void* p, std::size_t bytes) noexcept;
    void make_room();
    void insert(entry e) noexcept;
    void erase(std::size_t index) noexcept;
    void give_back(const entry& e) noexcept;
    [[nodiscard]] bool keep(const entry& e) noexcept;
    [[nodiscard]] bool serves(std::size_t has, std::size_t wanted) const noexcept;
    entry forget_idle(std::size_t index) noexcept;
    void give_idle_back() noexcept;
    void free_table() noexcept;

    entry* table_ = nullptr;
    std::size_t capacity_ = 0; // a power of two, or 0
    std::size_t count_ = 0;
    std::size_t retired_count_ = 0;
    std::size_t bytes_ = 0;
    std::pmr::memory_resource* upstream_;
    tally* counts_;
    keeping keeps_;
    std::size_t keep_bytes_;         // as learned
    std::size_t returned_bytes_ = 0; // given back and not fetched again
    std::size_t idle_bytes_ = 0;
    std::size_t idle_count_ = 0;
    std::array<entry, 48> idle_{}; // the oldest first; a few, so that a search is a glance
};

} // namespace ebb

#endif // C++20
