// What a thread's cache holds of calls that it made while another thread forked (detour.h).
//
// Such a call writes down whole what it is about to do before it does the first of it: sums as they
// will be, not what is added to them. So the child of the fork can do it once more, whatever of it
// had been done.
#pragma once

#include <ebb/alloc/engine/owned.h>
#include <ebb/alloc/engine/shared.h>

#include <cstddef>
#include <cstdint>

namespace ebb::engine {

struct span;

/// Blocks that were freed and wait for the fork to end: closed and booked, but still in no list.
struct late_page {
    static constexpr std::size_t capacity = 500; ///< a page, with the tables' own header
    shared<late_page*> next{nullptr};
    owned<std::uint32_t> count;
    void* blocks[capacity];
};

/// Its thread writes it; any may look through it for a block.
class late_frees {
  public:
    [[nodiscard]] late_page* first() const noexcept {
        return first_.load(std::memory_order_acquire);
    }
    /// Pages stay for the next time.
    void add(late_page* page) noexcept {
        page->next.store(first(), std::memory_order_relaxed);
        first_.store(page, std::memory_order_release);
    }
    /// Calls `f(block)` for each.
    template <class F>
    void for_each(F&& f) const noexcept {
        for (const late_page* page = first(); page != nullptr; page = page->next.load()) {
            for (std::uint32_t i = 0; i < page->count.get(); ++i) {
                f(load_relaxed(page->blocks[i]));
            }
        }
    }

  private:
    shared<late_page*> first_{nullptr};
};

/// Memory for descriptors of blocks that come: the detour can't ask the tables for it.
struct spare_descriptors {
    static constexpr std::uint32_t usual = 16;
    static constexpr std::uint32_t most = 64;
    void* memory[most] = {};
    owned<std::uint32_t> count;
};

struct detour_step {
    owned<bool> written; ///< the rest is valid, and may be done in part

    // The cache's sums after the call.
    std::int64_t requested = 0;
    std::int64_t slack = 0;
    std::uint64_t allocations = 0;
    std::uint64_t frees = 0;
    std::int64_t large_blocks = 0;
    std::int64_t large_requested = 0;
    std::int64_t large_slack = 0;
    std::uint64_t late_bytes = 0;
    std::int64_t mapped = 0;

    // The block that comes, if any, and how many descriptors are spare then.
    span* fresh = nullptr;
    std::uint32_t spare = 0;

    // The block that goes, if any; of a slot, its bin's sums.
    void* freed = nullptr;
    std::size_t bin = 0; ///< bin_count: a large one
    std::int64_t remainders = 0;
    std::int64_t received = 0;
    late_page* page = nullptr;
    std::uint32_t at = 0; ///< its place there
};

} // namespace ebb::engine
