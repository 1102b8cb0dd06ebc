// counting_arena: an arena for tests. Knows every live block, refuses the nth one on demand, and
// checks what comes back against what was handed out.
#pragma once

#include <ebb/alloc/arena/go_classes.h>
#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/base/check.h>
#include <ebb/alloc/ledger/ledger.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <unordered_map>

namespace tests {

class counting_arena {
  public:
    static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

    counting_arena() = default;
    counting_arena(const counting_arena&) = delete;
    counting_arena& operator=(const counting_arena&) = delete;
    ~counting_arena() { EBB_CHECK(blocks_.empty(), "counting_arena: blocks never given back"); }

    /// Every allocation after the next `count` fails.
    void fail_after(std::uint64_t count) { left_ = count; }
    [[nodiscard]] std::size_t blocks() const { return blocks_.size(); }

    void* allocate(std::size_t bytes, std::size_t alignment = 8) {
        return take(bytes, alignment, false);
    }
    void* allocate_pointer_free(std::size_t bytes, std::size_t alignment = 8) {
        return take(bytes, alignment, true);
    }
    void deallocate(void* p, std::size_t bytes, std::size_t alignment = 8) noexcept {
        give(p, {bytes, alignment, false});
    }
    void deallocate_pointer_free(void* p, std::size_t bytes, std::size_t alignment = 8) noexcept {
        give(p, {bytes, alignment, true});
    }
    [[nodiscard]] std::size_t slot_bytes(const void*, std::size_t bytes,
                                         std::size_t) const noexcept {
        return ebb::go_rounded(bytes);
    }
    [[nodiscard]] ebb::ledger read() const noexcept {
        ebb::ledger l;
        l.requested = requested_;
        l.slack = occupied_ - requested_;
        l.mapped = occupied_;
        l.peak = l.peak_requested = l.peak_mapped = occupied_;
        return l;
    }
    void trim() noexcept {}
    void validate() const {}

  private:
    struct block {
        std::size_t bytes;
        std::size_t alignment;
        bool pointer_free;
        bool operator==(const block&) const = default;
    };

    // Not inlined: g++ 12 sees a dangling pointer in the table of blocks otherwise.
    [[gnu::noinline]] void* take(std::size_t bytes, std::size_t alignment, bool pointer_free) {
        if (left_ == 0) {
            throw std::bad_alloc();
        }
        left_ -= left_ == never ? 0 : 1;
        const std::size_t size = ebb::align_up(bytes == 0 ? 1 : bytes, alignment);
        void* const p = std::aligned_alloc(alignment < 8 ? 8 : alignment, ebb::align_up(size, 8));
        std::memset(p, 0xa5, size); // nobody may count on zeroes
        blocks_.insert({p, block{bytes, alignment, pointer_free}});
        requested_ += bytes;
        occupied_ += ebb::go_rounded(bytes);
        return p;
    }
    void give(void* p, const block& as) noexcept {
        const auto found = blocks_.find(p);
        EBB_CHECK_AT(found != blocks_.end(), "counting_arena: not a live block", p);
        EBB_CHECK_AT(found->second == as, "counting_arena: given back as another", p);
        blocks_.erase(found);
        requested_ -= as.bytes;
        occupied_ -= ebb::go_rounded(as.bytes);
        std::free(p);
    }

    std::unordered_map<void*, block> blocks_;
    std::uint64_t requested_ = 0;
    std::uint64_t occupied_ = 0;
    std::uint64_t left_ = never;
};

} // namespace tests
