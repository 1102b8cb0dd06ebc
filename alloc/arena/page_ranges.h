// page_ranges: ranges of addresses of one length, for blocks of page_memory's that grow in place.
//
// They are cut from regions, each as long as all before it, up to 512 ranges or 64 MiB; a bit a
// range says that it is free. The region that was mapped first serves first, by its address (Linux
// maps downwards), so that the last run dry when less is wanted. A region without ranges in use is
// unmapped, but for one: addresses follow what is in use, a region at a time. The page tables of
// a region that was full take 128 KiB.
// Costs: take a look at the first region that has room, give a binary search among regions; either
// one system call at most.
#pragma once

#if __cplusplus < 201709L // what g++ 10 says of C++20
#error "ebb needs C++20: compile with -std=c++20 or a later standard"
#else

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ebb {

/// Ranges of one power of two. Takes no part in any account: `own_bytes` says what it has itself.
class page_ranges {
  public:
    /// Of at least a page.
    explicit page_ranges(std::size_t range_bytes) noexcept : range_bytes_(range_bytes) {}
    page_ranges(page_ranges&&) = delete;
    page_ranges& operator=(page_ranges&&) = delete;
    /// Unmaps all regions, ranges in use as well.
    ~page_ranges();

    /// A range, without memory. Throws std::bad_alloc, nothing lost.
    [[nodiscard]] void* take();
    /// Requires: it has no memory any more.
    void give(void* range) noexcept;
    /// Unmaps every region that has no range in use.
    void trim() noexcept;

    [[nodiscard]] std::size_t in_use() const noexcept { return in_use_; }
    [[nodiscard]] std::size_t regions() const noexcept { return regions_.size(); }
    [[nodiscard]] std::size_t own_bytes() const noexcept {
        return regions_.capacity() * sizeof(region);
    }
    void validate() const;

  private:
    static constexpr std::size_t most_ranges = 512;
    struct region {
        void* at;
        std::uint32_t ranges;
        std::uint32_t free_count;
        std::array<std::uint64_t, most_ranges / 64> free;
    };

    [[nodiscard]] std::vector<region>::iterator first_not_above(const void* address) noexcept;
    void extend();
    void unmap(std::size_t n) noexcept;

    std::size_t range_bytes_;
    std::vector<region> regions_; // by address, the highest first
    std::size_t first_ = 0;       // those before it have no room
    std::size_t ranges_ = 0;      // in all
    std::size_t in_use_ = 0;
    std::size_t without_use_ = 0; // regions
};

} // namespace ebb

#endif // C++20
