// From an address to the span that it lies in: two loads, no lock.
//
// A word a 64 KiB block: the span's descriptor in the low 48 bits (its lowest: blank), a tag in the
// high 16. The tag of a span of slots is its bin, so that free() knows the slot's size without
// touching the descriptor. A leaf covers 4 GiB (512 KiB of words, resident where used: 0.01 % of a
// heap). The root stands in the library's zeroed data: 512 KiB of addresses, a page or two of them
// touched.
//
// An address that was never ours has no leaf or a zero word: that is how a foreign pointer is
// found.
#pragma once

#include <ebb/alloc/engine/shared.h>
#include <ebb/alloc/engine/size_class.h>

#include <cstddef>
#include <cstdint>

namespace ebb::engine {

struct span;

/// What a block of the page map says.
class page_entry {
  public:
    enum kind : std::uint16_t {
        none = 0,
        large = bin_count,
        free_run,
        gone, ///< one began here, and went with its addresses: without a span
        tag_count
    };

    constexpr page_entry() noexcept = default;
    explicit constexpr page_entry(std::uint64_t word) noexcept : word_(word) {}
    page_entry(span* s, std::size_t tag_value, bool blank = false) noexcept
        : word_(reinterpret_cast<std::uintptr_t>(s) | (std::uint64_t{tag_value} << 48) |
                (blank ? blank_bit : 0)) {}

    [[nodiscard]] constexpr std::size_t tag() const noexcept { return word_ >> 48; }
    [[nodiscard]] constexpr bool is_bin() const noexcept { return tag() - 1 < bin_count - 1; }
    [[nodiscard]] span* owner() const noexcept {
        return reinterpret_cast<span*>(word_ & ((std::uint64_t{1} << 48) - 1) & ~blank_bit);
    }
    /// Whether free slots of the span may lie on pages without content: never handed out, or given
    /// back since. Such a slot carries no mark.
    [[nodiscard]] constexpr bool blank() const noexcept { return (word_ & blank_bit) != 0; }
    [[nodiscard]] constexpr std::uint64_t word() const noexcept { return word_; }

  private:
    static constexpr std::uint64_t blank_bit = 1; // descriptors are aligned to 64
    std::uint64_t word_ = 0;
};

class page_map {
  public:
    /// The entry of the block that `address` lies in; zero for one that isn't ours.
    [[nodiscard]] page_entry find(std::uintptr_t address) const noexcept {
        page_entry entry;
        return find(address, entry) ? entry : page_entry();
    }

    /// The same, but false, and nothing, where no block is near: for who goes another way then.
    [[nodiscard]] bool find(std::uintptr_t address, page_entry& entry) const noexcept {
        const std::uintptr_t at = address >> 32;
        if (at >= root_words) [[unlikely]] {
            return false;
        }
        const leaf* const l = root_[at].load(std::memory_order_acquire);
        if (l == nullptr) [[unlikely]] {
            return false;
        }
        entry = page_entry(
            l->words[(address >> block_shift) % leaf_words].load(std::memory_order_relaxed));
        return true;
    }

    /// The same for who reads a descriptor that another thread may just have entered: what it wrote
    /// before is seen.
    [[nodiscard]] page_entry find_entered(std::uintptr_t address) const noexcept {
        const std::uintptr_t at = address >> 32;
        const leaf* const l = at < root_words ? root_[at].load(std::memory_order_acquire) : nullptr;
        return l == nullptr ? page_entry()
                            : page_entry(l->words[(address >> block_shift) % leaf_words].load(
                                  std::memory_order_acquire));
    }

    /// The first block from `address` on that has a span; 0 where none has.
    [[nodiscard]] std::uintptr_t next(std::uintptr_t address) const noexcept;

    /// Makes room for entries of these bytes. False when there is no memory for a leaf; what is
    /// there stays. Threads: any.
    [[nodiscard]] bool cover(std::uintptr_t address, std::size_t bytes) noexcept;

    /// Makes memory ready for a cover() of up to 4 GiB anywhere, that can't fail if it is the next
    /// one. False without memory.
    [[nodiscard]] bool prepare() noexcept;

    /// Requires: covered; callers own the block.
    void set(std::uintptr_t address, page_entry entry) noexcept {
        leaf* const l = root_[address >> 32].load(std::memory_order_relaxed);
        l->words[(address >> block_shift) % leaf_words].store(entry.word(),
                                                              std::memory_order_release);
    }

  private:
    static constexpr std::size_t root_words = std::size_t{1} << 16;
    static constexpr std::size_t leaf_words = std::size_t{1} << (32 - block_shift);
    struct leaf {
        shared<std::uint64_t> words[leaf_words];
    };
    [[nodiscard]] leaf* make_leaf() noexcept;
    bool keep(leaf* made) noexcept;

    shared<leaf*> root_[root_words]{};
    shared<leaf*> spare_[2]{};
    // Of the root's words, those that have a leaf lie between.
    shared<std::size_t> first_leaf_{root_words};
    shared<std::size_t> last_leaf_{0};
};

/// The process's one.
extern constinit page_map spans;

} // namespace ebb::engine
