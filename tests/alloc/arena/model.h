// The naive model that every arena is compared with: a map of live blocks and four sums.
#pragma once

#include <ebb/alloc/ledger/ledger.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <map>
#include <vector>

namespace tests {

struct model_block {
    std::byte* at = nullptr;
    std::size_t bytes = 0;
    std::size_t alignment = 0;
    std::size_t slot = 0;
    unsigned char mark = 0;
};

class model {
  public:
    [[nodiscard]] std::size_t size() const { return blocks_.size(); }
    [[nodiscard]] const model_block& block(std::size_t index) const { return blocks_[index]; }
    [[nodiscard]] std::uint64_t requested() const { return requested_; }
    [[nodiscard]] std::uint64_t occupied_by_blocks() const { return slots_; }

    /// A new block: aligned, apart from all others, then filled.
    void add(void* p, std::size_t bytes, std::size_t alignment, std::size_t slot) {
        ASSERT_NE(p, nullptr);
        auto* const at = static_cast<std::byte*>(p);
        ASSERT_EQ(reinterpret_cast<std::uintptr_t>(at) % alignment, 0U);
        ASSERT_GE(slot, std::max(bytes, std::size_t{1}));
        const auto after = intervals_.lower_bound(at);
        ASSERT_TRUE(after == intervals_.end() || at + slot <= after->first) << "overlap";
        ASSERT_TRUE(after == intervals_.begin() || std::prev(after)->second <= at) << "overlap";
        intervals_.emplace_hint(after, at, at + slot);
        const auto mark = static_cast<unsigned char>(++serial_ * 37U + 1U);
        blocks_.push_back({at, bytes, alignment, slot, mark});
        fill(blocks_.back());
        requested_ += bytes;
        slots_ += slot;
        peak_requested_ = std::max(peak_requested_, requested_);
    }

    /// The block is about to be freed: its bytes must be as they were written.
    model_block remove(std::size_t index) {
        const model_block gone = blocks_[index];
        EXPECT_TRUE(is_intact(gone)) << "contents changed";
        intervals_.erase(gone.at);
        blocks_[index] = blocks_.back();
        blocks_.pop_back();
        requested_ -= gone.bytes;
        slots_ -= gone.slot;
        return gone;
    }

    void clear() {
        check_contents();
        blocks_.clear();
        intervals_.clear();
        requested_ = 0;
        slots_ = 0;
    }

    void check_contents() const {
        for (const model_block& b : blocks_) {
            ASSERT_TRUE(is_intact(b)) << "contents changed";
        }
    }

    /// After each step: what the ledger says against what the model has seen.
    void check(const ebb::ledger& l) {
        ASSERT_TRUE(l.balanced());
        ASSERT_EQ(l.requested, requested_);
        ASSERT_EQ(l.peak_requested, peak_requested_);
        peak_ = std::max(peak_, l.occupied());
        peak_mapped_ = std::max(peak_mapped_, l.mapped);
    }
    [[nodiscard]] std::uint64_t peak() const { return peak_; }
    [[nodiscard]] std::uint64_t peak_mapped() const { return peak_mapped_; }

  private:
    // Both ends, and all of what is short: a whole fill of large blocks would be most of the run.
    static constexpr std::size_t edge_bytes = 128;
    static void fill(const model_block& b) {
        if (b.bytes != 0) {
            const std::size_t n = std::min(b.bytes, edge_bytes);
            std::memset(b.at, b.mark, n);
            std::memset(b.at + b.bytes - n, b.mark, n);
        }
    }
    static bool is_intact(const model_block& b) {
        const std::size_t n = std::min(b.bytes, edge_bytes);
        const auto same = [&](std::byte c) { return c == std::byte{b.mark}; };
        return std::all_of(b.at, b.at + n, same) &&
               std::all_of(b.at + b.bytes - n, b.at + b.bytes, same);
    }

    std::vector<model_block> blocks_;
    std::map<std::byte*, std::byte*> intervals_;
    std::uint64_t requested_ = 0;
    std::uint64_t slots_ = 0;
    std::uint64_t peak_requested_ = 0;
    std::uint64_t peak_ = 0;
    std::uint64_t peak_mapped_ = 0;
    unsigned serial_ = 0;
};

} // namespace tests
