// malloc_arena: each block from the process's malloc, whichever answers.
//
// The arena's view: `mapped` is the sum of malloc_usable_size over the live blocks, `slack` what
// they hold beyond what was asked for, `idle` and `overhead` are 0. What the malloc keeps beyond
// that (its headers, caches and free pages) is not the arena's to know.
// Costs: the malloc's own, and one malloc_usable_size to allocate and one to deallocate.
#pragma once

#if __cplusplus < 201709L // what g++ 10 says of C++20
#error "ebb needs C++20: compile with -std=c++20 or a later standard"
#else

#include <ebb/alloc/arena/arena.h>
#include <ebb/alloc/ledger/tally.h>

#include <cstddef>

namespace ebb {

/// An arena over malloc and free. Holds no list of its blocks: what is not deallocated stays
/// allocated when the arena ends.
class malloc_arena {
  public:
    malloc_arena() = default;
    malloc_arena(const malloc_arena&) = delete;
    malloc_arena& operator=(const malloc_arena&) = delete;

    /// malloc, or posix_memalign above alignof(std::max_align_t). Throws std::bad_alloc, nothing
    /// changed, when the malloc has none. Requires: `alignment` a power of two.
    [[nodiscard]] void* allocate(std::size_t bytes,
                                 std::size_t alignment = alignof(std::max_align_t));

    /// As `allocate`, zeroed. Cost: calloc, which knows fresh pages.
    [[nodiscard]] void* allocate_zeroed(std::size_t bytes,
                                        std::size_t alignment = alignof(std::max_align_t));

    void deallocate(void* p, std::size_t bytes,
                    std::size_t alignment = alignof(std::max_align_t)) noexcept;

    [[nodiscard]] std::size_t slot_bytes(const void* p, std::size_t, std::size_t) const noexcept;

    [[nodiscard]] ledger read() const noexcept { return counts_.read(); }
    /// Does nothing: the arena itself keeps nothing back, and the malloc is the whole process's.
    void trim() noexcept {}
    void validate() const;

  private:
    void* account_for(void* p, std::size_t bytes);

    tally counts_;
};

} // namespace ebb

#endif // C++20
