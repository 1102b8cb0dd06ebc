// An upstream for tests: counts what is out, and fails when told to.
#pragma once

#include <ebb/alloc/arena/arena.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory_resource>
#include <new>
#include <utility>

namespace tests {

/// Passes on to another resource. Every block is remembered with its size and alignment, so that a
/// deallocate that differs from its allocate shows in `mismatches`.
class counting_upstream final : public std::pmr::memory_resource {
  public:
    explicit counting_upstream(std::pmr::memory_resource& below = ebb::system_pages())
        : below_(&below) {}

    /// Lets `calls` allocations through and fails the one after; then all work again.
    void fail_after(std::uint64_t calls) { fail_at_ = allocations_ + calls; }
    void never_fail() { fail_at_ = UINT64_MAX; }

    [[nodiscard]] std::uint64_t outstanding_bytes() const { return outstanding_; }
    [[nodiscard]] std::uint64_t allocations() const { return allocations_; }
    [[nodiscard]] std::uint64_t failures() const { return failures_; }
    [[nodiscard]] std::uint64_t mismatches() const { return mismatches_; }

  private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        if (allocations_ == fail_at_) {
            fail_at_ = UINT64_MAX;
            ++failures_;
            throw std::bad_alloc();
        }
        void* const p = below_->allocate(bytes, alignment);
        ++allocations_;
        outstanding_ += bytes;
        blocks_[p] = {bytes, alignment};
        return p;
    }
    void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
        const auto it = blocks_.find(p);
        if (it == blocks_.end() || it->second != std::pair{bytes, alignment}) {
            ++mismatches_;
            return;
        }
        blocks_.erase(it);
        outstanding_ -= bytes;
        below_->deallocate(p, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
        return this == &other;
    }

    std::pmr::memory_resource* below_;
    std::map<void*, std::pair<std::size_t, std::size_t>> blocks_;
    std::uint64_t outstanding_ = 0;
    std::uint64_t allocations_ = 0;
    std::uint64_t failures_ = 0;
    std::uint64_t mismatches_ = 0;
    std::uint64_t fail_at_ = UINT64_MAX;
};

} // namespace tests
