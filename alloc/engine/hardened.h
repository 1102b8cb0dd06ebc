// The hardened build (EBB_HARDENED): the same engine with room for nothing but errors.
//
//     slot    | block | canary: 8 bytes or more, up to the tail | remainder |
//     large   | block | canary ... | guard page |
//     span    | slots in random order ... | guard page |
//
// - A canary behind every block, checked when it comes back. malloc_usable_size is what was asked
//   for: a program can't be told to write into it.
// - A guard page behind every span and large block, where the kernel has guards that split no
//   mapping (MADV_GUARD_INSTALL, Linux 6.13), else by mprotect for the first thousands
//   (os/pages.h).
// - Random slots: a span's are handed out from a random place on, a cache's in random order.
// - Delayed reuse: a freed slot is filled and waits in its thread's quarantine, as `dead` bytes; it
//   is checked for writes when it leaves.
// - Sized frees must name the size that was asked for.
//
// Cost: every call takes the slow road: a pair of 64 bytes 56 ns where the default build takes 5,
// compilers and interpreters 0 to 15 % more time; 9 bytes a block, a page a span, and up to 1 MiB a
// thread that waits. The figures of real programs are in the README.
#pragma once

#include <ebb/alloc/base/bytes.h>

#include <cstddef>
#include <cstdint>

#ifndef EBB_HARDENED
#define EBB_HARDENED 0
#endif

namespace ebb::engine {

inline constexpr bool hardened = EBB_HARDENED != 0;

/// What a block's slot must hold beyond the block: canary and tail.
inline constexpr std::size_t behind_block = hardened ? 9 : 0;

/// Fills the `room` bytes behind a block (the first 64 of them).
void arm(void* behind, std::size_t room) noexcept;

/// Whether they are as arm() left them.
[[nodiscard]] bool armed(const void* behind, std::size_t room) noexcept;

/// Fills a free slot (its first KiB); its tail is free to change.
void scrub(void* slot, std::size_t bytes) noexcept;

/// Whether it is as scrub() left it.
[[nodiscard]] bool scrubbed(const void* slot, std::size_t bytes) noexcept;

/// A random number below `bound`, the thread's own. Requires: bound != 0.
[[nodiscard]] std::size_t random_below(std::size_t bound) noexcept;

/// What the default build has in its place.
class no_quarantine {
  public:
    [[nodiscard]] static constexpr bool full_for(std::size_t) noexcept { return false; }
    [[nodiscard]] static constexpr bool empty() noexcept { return true; }
    [[nodiscard]] static constexpr void* front() noexcept { return nullptr; }
    static constexpr void push(void*, std::size_t) noexcept {}
    static constexpr void pop(std::size_t) noexcept {}
    template <class F>
    static constexpr void for_each(F&&) noexcept {}
};

/// Freed slots that wait, oldest first. Owned by a thread's cache.
class quarantine {
  public:
    static constexpr std::size_t most_slots = 512;
    static constexpr std::size_t most_bytes = 1 * mib;

    /// Whether one must leave before another of `bytes` comes.
    [[nodiscard]] bool full_for(std::size_t bytes) const noexcept {
        return count_ == most_slots || (count_ != 0 && bytes_ + bytes > most_bytes);
    }
    [[nodiscard]] bool empty() const noexcept { return count_ == 0; }

    /// Requires: not full.
    void push(void* slot, std::size_t bytes) noexcept {
        ring_[(first_ + count_) % most_slots] = slot;
        ++count_;
        bytes_ += bytes;
    }
    [[nodiscard]] void* front() const noexcept { return ring_[first_]; }
    /// `bytes` are the front's.
    void pop(std::size_t bytes) noexcept {
        first_ = (first_ + 1) % most_slots;
        --count_;
        bytes_ -= bytes;
    }

    template <class F>
    void for_each(F&& f) const noexcept {
        for (std::size_t i = 0; i < count_; ++i) {
            f(ring_[(first_ + i) % most_slots]);
        }
    }

  private:
    std::size_t first_ = 0;
    std::size_t count_ = 0;
    std::size_t bytes_ = 0;
    void* ring_[most_slots] = {};
};

} // namespace ebb::engine
