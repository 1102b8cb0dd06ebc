// faults: the points at which a map's step can fail. Copies, moves, hashes, comparisons and
// allocations of the contract's types pass one each; the nth of the armed kinds throws.
#pragma once

#include <ebb/alloc/arena/page_memory.h>

#include <tests/maps/counting_arena.h>

#include <cstddef>
#include <cstdint>
#include <new>

namespace tests {

/// What every point throws: one handler for failing types and failing arenas.
struct fault : std::bad_alloc {};

/// One countdown a process; not for threads while it is armed.
struct faults {
    enum kind : unsigned {
        copy = 1,
        move = 2,
        hash = 4,
        equal = 8,
        allocation = 16,
        construct = 32
    };
    static constexpr unsigned all = 63;

    /// The point after the next `count` of these kinds throws, once.
    static void arm(unsigned kinds, std::uint64_t count) {
        armed = kinds;
        left = count;
    }
    static void disarm() { armed = 0; }

    static void point(kind k) {
        if ((armed & k) != 0 && left-- == 0) {
            armed = 0;
            throw fault();
        }
    }

    static inline unsigned armed = 0;
    static inline std::uint64_t left = 0;
};

/// The arena of the contract: checks what comes back (counting_arena.h), and fails on demand.
class subject_arena : public counting_arena {
  public:
    static constexpr std::size_t most_bytes = std::size_t{1} << 32;

    void* allocate(std::size_t bytes, std::size_t alignment = 8) {
        pass(bytes);
        return counting_arena::allocate(bytes, alignment);
    }
    void* allocate_pointer_free(std::size_t bytes, std::size_t alignment = 8) {
        pass(bytes);
        return counting_arena::allocate_pointer_free(bytes, alignment);
    }

  private:
    static void pass(std::size_t bytes) {
        faults::point(faults::allocation);
        if (bytes > most_bytes) {
            throw std::bad_alloc();
        }
    }
};

/// An arena with blocks that grow in place, which may fail to come, or to grow.
class growing_subject {
  public:
    void* allocate(std::size_t bytes, std::size_t alignment = 8) {
        pass(bytes);
        return below_.allocate(bytes, alignment);
    }
    void deallocate(void* p, std::size_t bytes, std::size_t alignment = 8) noexcept {
        below_.deallocate(p, bytes, alignment);
    }
    void* allocate_growing(std::size_t bytes, std::size_t largest) {
        pass(largest);
        return below_.allocate_growing(bytes, largest);
    }
    void deallocate_growing(void* p, std::size_t bytes, std::size_t largest) noexcept {
        below_.deallocate_growing(p, bytes, largest);
    }
    bool resize(void* p, std::size_t bytes, std::size_t wanted, std::size_t largest) noexcept {
        try {
            faults::point(faults::allocation);
        } catch (const fault&) {
            return false;
        }
        return below_.resize(p, bytes, wanted, largest);
    }
    void* map_slab(std::size_t bytes) {
        pass(bytes);
        return ebb::page_memory::map_slab(bytes);
    }
    void* allocate_apart(std::size_t bytes, std::size_t alignment) {
        pass(bytes);
        return ebb::page_memory::allocate_apart(bytes, alignment);
    }
    void charge(std::size_t bytes) noexcept { below_.charge(bytes); }
    void refund(std::size_t bytes) noexcept { below_.refund(bytes); }
    [[nodiscard]] std::size_t slot_bytes(const void* p, std::size_t bytes,
                                         std::size_t alignment) const noexcept {
        return below_.slot_bytes(p, bytes, alignment);
    }
    [[nodiscard]] ebb::ledger read() const noexcept { return below_.read(); }
    void trim() noexcept { below_.trim(); }
    void validate() const { below_.validate(); }

  private:
    static void pass(std::size_t bytes) {
        faults::point(faults::allocation);
        if (bytes > subject_arena::most_bytes) {
            throw std::bad_alloc();
        }
    }

    ebb::page_memory below_;
};

} // namespace tests
