// The free blocks of the page heap: runs in lists by size, in the queue of those that wait for the
// system, and in the page map by their ends. How runs join and how they are cut.
//
//     page map   | run's first block: free_run -> descriptor | ... | its last block: the same |
//
// A run is dirty (its pages may be resident) or clean (zeroes that cost nothing). Runs join with
// free neighbours of their kind, across regions too, so neighbours alternate; a block that no run
// holds alone is cut across several.
//
// Cost: a few lines of cache a run. Descriptors come from a stock that the caller fills before it
// takes the lock, so nothing here can have to map memory. Threads: guarded by the page heap.
#pragma once

#include <ebb/alloc/engine/free_runs.h>
#include <ebb/alloc/engine/span.h>

#include <cstddef>
#include <cstdint>

namespace ebb::engine {

class free_space {
  public:
    /// A run that was taken out: in no list, its ends untagged.
    struct taken {
        span* run = nullptr;
        std::uint64_t clean_bytes = 0; ///< of it, those that weren't resident
    };
    /// The most descriptors that any function here needs.
    static constexpr std::size_t most_needed = 2;

    [[nodiscard]] std::size_t stock() const noexcept { return stock_; }
    /// `memory` is zeroed and sizeof(span) bytes long.
    void add_to_stock(void* memory) noexcept;

    /// A descriptor for a run that stands nowhere yet. Requires: one is in stock.
    [[nodiscard]] span* describe(std::uintptr_t base, std::size_t blocks,
                                 span_state state) noexcept;
    /// Lets a descriptor go, whatever it described.
    void forget(span* run) noexcept;

    /// Joins a run that is in no list with its neighbours of its kind, and lists it. What was
    /// dirty longest by most of its bytes sets the whole run's stamp. Of `refused` bytes the system
    /// said that it won't take them: such a run doesn't wait.
    void insert(span* run, std::uint32_t stamp, std::uint64_t refused = 0) noexcept;

    /// A run of just `blocks`: dirty if there is one, else clean, else across several neighbours.
    /// Null where there is none. Requires: two descriptors in stock.
    [[nodiscard]] taken take(std::size_t blocks, std::size_t alignment_blocks) noexcept;

    /// Takes `blocks` that stand right behind an address, and returns how many bytes of them
    /// weren't resident. `none`, nothing changed, where they aren't free. Requires: a descriptor in
    /// stock.
    static constexpr std::uint64_t none = UINT64_MAX;
    [[nodiscard]] std::uint64_t take_behind(std::uintptr_t address, std::size_t blocks) noexcept;

    /// The run that waited longest, or at most `most_blocks` from its front. Null where none has
    /// waited `age`. Requires: a descriptor in stock.
    [[nodiscard]] span* take_oldest(std::size_t most_blocks, std::uint32_t now,
                                    std::uint32_t age) noexcept;

    /// A clean run of at least `least_blocks`, the longest that a short look finds. Null where none
    /// is.
    [[nodiscard]] span* take_clean(std::size_t least_blocks) noexcept;

    /// Runs that the system refused wait again.
    void forget_refusals() noexcept;

    [[nodiscard]] std::uint64_t dirty_bytes() const noexcept {
        return dirty_.blocks() * block_bytes;
    }
    [[nodiscard]] std::uint64_t clean_bytes() const noexcept {
        return clean_.blocks() * block_bytes;
    }
    /// Bytes of the runs that wait, and of those that were refused.
    [[nodiscard]] std::int64_t waiting_bytes() const noexcept { return waiting_; }
    [[nodiscard]] std::int64_t refused_bytes() const noexcept { return refused_; }

    /// Stops the program unless lists, queue and page map agree.
    void validate() const noexcept;

  private:
    void list(span* run) noexcept;
    void unlist(span* run) noexcept;
    [[nodiscard]] taken cut(span* first, std::uintptr_t from, std::uintptr_t to) noexcept;
    [[nodiscard]] span* find_across(std::size_t blocks, std::size_t alignment_blocks) noexcept;

    free_runs dirty_;
    free_runs clean_;
    purge_queue queue_; // the dirty runs that weren't refused, oldest first
    std::int64_t waiting_ = 0;
    std::int64_t refused_ = 0;
    struct unused {
        unused* next;
    };
    unused* unused_ = nullptr; // descriptors in stock
    std::size_t stock_ = 0;
};

} // namespace ebb::engine
