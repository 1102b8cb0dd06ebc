// Free runs by size: exact lists up to 64 blocks (4 MiB), above that eight to a doubling.
// Finding one costs a look at two words and a list's head. Threads: guarded by the page heap.
#pragma once

#include <ebb/alloc/engine/span.h>

#include <cstddef>
#include <cstdint>

namespace ebb::engine {

class free_runs {
  public:
    void insert(span* run) noexcept;
    void remove(span* run) noexcept;

    /// A run that holds `blocks` at a multiple of `alignment_blocks`, a close fit; null if none.
    [[nodiscard]] span* find(std::size_t blocks, std::size_t alignment_blocks) const noexcept;

    /// One of the longest, by an eighth; null where there is none.
    [[nodiscard]] span* longest() const noexcept;

    [[nodiscard]] std::uint64_t blocks() const noexcept { return blocks_; }

    template <class F>
    void for_each(F&& f) const {
        for (const auto& list : lists_) {
            for (span* s = list.front(); s != nullptr; s = list.next(s)) {
                f(*s);
            }
        }
    }

  private:
    static constexpr std::size_t exact = 64;
    static constexpr std::size_t list_count = exact + 26 * 8;
    static std::size_t list_of(std::size_t blocks) noexcept;

    intrusive_list<span> lists_[list_count];
    std::uint64_t filled_[(list_count + 63) / 64] = {};
    std::uint64_t blocks_ = 0;
};

} // namespace ebb::engine
