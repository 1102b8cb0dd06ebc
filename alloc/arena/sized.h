// sized: blocks of any size from size classes over slots. The general-purpose arena.
//
// Features: constant-time allocate and deallocate in any order; blocks above 32 KiB, or aligned
// above 4 KiB, come straight from the upstream in whole pages and go straight back. Those that are
// fetched again and again wait for it, up to 8 MiB, and serve what is up to a quarter smaller.
// Costs: no header a block; at most a fifth of a slot is slack above 32 bytes (size_class.h); each
// class in use keeps chunks of its own (slots.h), so that the first block of a class takes 64 KiB
// of address space or more.
#pragma once

#if __cplusplus < 201709L // what g++ 10 says of C++20
#error "ebb needs C++20: compile with -std=c++20 or a later standard"
#else

#include <ebb/alloc/arena/arena.h>
#include <ebb/alloc/arena/large_blocks.h>
#include <ebb/alloc/arena/size_class.h>
#include <ebb/alloc/arena/slots.h>

#include <array>
#include <cstddef>
#include <utility>

namespace ebb {

/// An arena of slots of many sizes, with one ledger. Not copied, not moved.
class sized {
  public:
    /// Takes nothing from `upstream` yet.
    explicit sized(std::pmr::memory_resource& upstream = system_pages())
        : sized(upstream, std::make_index_sequence<size_class::count>{}) {}
    sized(const sized&) = delete;
    sized& operator=(const sized&) = delete;
    /// Gives everything back, live blocks or not.
    ~sized() = default;

    /// A block. Throws std::bad_alloc, nothing changed, when the upstream has none.
    /// Requires: `alignment` a power of two.
    [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment = 8) {
        if (is_small(bytes, alignment)) {
            return take(size_class::small_index_of(bytes), bytes);
        }
        const std::size_t rounded = round_up(bytes, alignment);
        if (is_large(rounded, alignment)) [[unlikely]] {
            return take_large(bytes, alignment).block;
        }
        return take(size_class::index_of(rounded), bytes);
    }

    void deallocate(void* p, std::size_t bytes, std::size_t alignment = 8) noexcept {
        if (is_small(bytes, alignment)) {
            give(size_class::small_index_of(bytes), p, bytes);
            return;
        }
        const std::size_t rounded = round_up(bytes, alignment);
        if (is_large(rounded, alignment)) [[unlikely]] {
            deallocate_large(p, bytes);
            return;
        }
        give(size_class::index_of(rounded), p, bytes);
    }

    /// As `allocate`, zeroed. Cost: a block straight from system_pages() needs no memset.
    [[nodiscard]] void* allocate_zeroed(std::size_t bytes, std::size_t alignment = 8);

    [[nodiscard]] std::size_t slot_bytes(const void*, std::size_t bytes,
                                         std::size_t alignment) const noexcept;

    [[nodiscard]] ledger read() const noexcept { return counts_.read(); }
    void trim() noexcept;
    void validate() const;

  private:
    template <std::size_t Index>
    static constexpr slots::shape shape = slots::shape_of(size_class::bytes_of(Index));
    template <std::size_t... Index>
    sized(std::pmr::memory_resource& upstream, std::index_sequence<Index...>)
        : classes_{{slots(shape<Index>, upstream, counts_)...}}, upstream_(&upstream),
          large_(upstream, counts_, {.bytes = 0, .most_bytes = 8 * mib, .part = 4}) {}

    [[nodiscard]] void* take(std::size_t index, std::size_t bytes) {
        slots& s = classes_[index];
        void* const p = s.take();
        counts_.charge(bytes, s.slot_bytes());
        return p;
    }
    void give(std::size_t index, void* p, std::size_t bytes) noexcept {
        slots& s = classes_[index];
        s.give(p);
        counts_.refund(bytes, s.slot_bytes());
    }

    // Every slot is aligned enough, and a table knows its class.
    static constexpr bool is_small(std::size_t bytes, std::size_t alignment) noexcept {
        return alignment <= 8 && bytes <= size_class::tabled_bytes;
    }
    // An empty block takes the first class that is aligned enough.
    static constexpr std::size_t round_up(std::size_t bytes, std::size_t alignment) noexcept {
        return align_up(bytes + (bytes == 0 ? 1 : 0), alignment);
    }
    // A size so large that rounding wraps it comes out as 0, and as the largest one less.
    static constexpr bool is_large(std::size_t rounded, std::size_t alignment) noexcept {
        return rounded - 1 >= size_class::largest_bytes || alignment > slots::max_alignment;
    }

    [[nodiscard]] large_blocks::taken take_large(std::size_t bytes, std::size_t alignment);
    void deallocate_large(void* p, std::size_t bytes) noexcept;

    tally counts_;
    std::array<slots, size_class::count> classes_;
    std::pmr::memory_resource* upstream_;
    large_blocks large_;
};

} // namespace ebb

#endif // C++20
