// node_records: where the descriptors of a map's slabs lie: the first few in blocks of operator
// new's, the others side by side in blocks of pages, which leave the process when their last
// descriptor ends. (500 blocks of 400 bytes that a malloc keeps would be all that is left of a map
// of 1,000,000 nodes.)
//
// A descriptor may be another map's (a merge took its slab), or nobody's (its slab outlives its
// map), and ends on any thread then: a block counts who keeps it, the map that made it as one. That
// map counts it whole until none of its own descriptors is left in it.
// Costs: a descriptor is a bit more or less; its block one system call at its end.
#pragma once

#include <ebb/alloc/arena/slab_pages.h>
#include <ebb/alloc/base/bytes.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

namespace ebb::detail {

/// Where a descriptor lies.
enum class record_place : std::uint8_t {
    apart,   // in a block of operator new's
    mine,    // in a block of its owner's
    another, // in a block of another map's, which may have ended
};

template <class Slab>
class node_records {
  public:
    node_records() = default;
    node_records(node_records&&) = delete;
    node_records& operator=(node_records&&) = delete;
    ~node_records() = default; // after leave()

    /// What these are charged with.
    [[nodiscard]] std::size_t bytes() const noexcept {
        return apart_ * sizeof(Slab) + blocks_ * block_bytes();
    }

    /// A descriptor of these addresses. Throws std::bad_alloc, nothing lost.
    template <class Arena>
    Slab* add(Arena& arena, void* addresses) {
        if (apart_ < most_apart) {
            void* const memory = arena.allocate_apart(sizeof(Slab), alignof(Slab));
            ++apart_;
            arena.charge(sizeof(Slab));
            return Slab::make(memory, addresses, record_place::apart);
        }
        if (with_room_ == nullptr) {
            link(*std::construct_at(static_cast<block*>(arena.map_slab(block_bytes()))));
            ++blocks_;
            arena.charge(block_bytes());
        }
        block& b = *with_room_;
        const auto i = static_cast<unsigned>(std::countr_zero(b.free));
        b.free &= b.free - 1;
        if (b.free == 0) {
            unlink(b);
        }
        b.keepers.fetch_add(1, std::memory_order_relaxed);
        ++b.mine;
        return Slab::make(b.records + i * sizeof(Slab), addresses, record_place::mine);
    }
    /// Its slab ends.
    template <class Arena>
    void end(Arena& arena, Slab& s) noexcept {
        if (s.place == record_place::mine) {
            block& b = *block::of(s);
            const auto i = static_cast<unsigned>(distance_bytes(b.records, &s) / sizeof(Slab));
            if (b.free == 0) {
                link(b);
            }
            b.free |= std::uint64_t{1} << i;
            drop(b);
            forget_one(arena, b);
        } else {
            if (s.place == record_place::apart) {
                --apart_;
                arena.refund(sizeof(Slab));
            }
            end_alone(s);
        }
    }
    /// Its slab goes to another map, or is left to the nodes that were lent.
    template <class Arena>
    void hand_over(Arena& arena, Slab& s) noexcept {
        if (s.place == record_place::apart) {
            --apart_;
            arena.refund(sizeof(Slab));
        } else if (s.place == record_place::mine) {
            s.place = record_place::another;
            forget_one(arena, *block::of(s));
        }
    }
    /// It comes from another.
    template <class Arena>
    void take_over(Arena& arena, const Slab& s) noexcept {
        if (s.place == record_place::apart) {
            ++apart_;
            arena.charge(sizeof(Slab));
        }
    }

    /// The descriptor of a slab that its owner has left, or another map's. Any thread.
    static void end_alone(Slab& s) noexcept {
        if (s.place == record_place::apart) {
            ::operator delete(&s);
        } else {
            drop(*block::of(s));
        }
    }

  private:
    // Three descriptors of the largest kind, 35 for nodes of 136 bytes.
    static constexpr std::size_t least_bytes = 16 * kib;
    static constexpr std::size_t most_apart = 4;
    static constexpr std::size_t count =
        std::min<std::size_t>((least_bytes - 64) / sizeof(Slab), 64);
    static_assert(count > 0);

    struct block {
        std::uint64_t free = ~std::uint64_t{0} >> (64 - count);
        std::uint32_t mine = 0;                 // descriptors of slabs of the map that made it
        std::atomic<std::uint32_t> keepers = 1; // that map, and the descriptors
        block* next = nullptr;                  // of those with room
        block* previous = nullptr;
        alignas(64) std::byte records[count * sizeof(Slab)];

        static block* of(const Slab& s) noexcept {
            return reinterpret_cast<block*>(address_of(&s) & ~(block_bytes() - 1));
        }
    };
    static_assert(sizeof(block) <= least_bytes);

    static std::size_t block_bytes() noexcept {
        return std::max(least_bytes, std::size_t{1} << slab_pages::page_bits());
    }
    void link(block& b) noexcept {
        b.previous = nullptr;
        b.next = with_room_;
        if (b.next != nullptr) {
            b.next->previous = &b;
        }
        with_room_ = &b;
    }
    void unlink(block& b) noexcept {
        (b.previous != nullptr ? b.previous->next : with_room_) = b.next;
        if (b.next != nullptr) {
            b.next->previous = b.previous;
        }
    }
    template <class Arena>
    void forget_one(Arena& arena, block& b) noexcept {
        if (--b.mine != 0) {
            return;
        }
        if (b.free != 0) {
            unlink(b);
        }
        --blocks_;
        arena.refund(block_bytes());
        drop(b);
    }
    static void drop(block& b) noexcept {
        if (b.keepers.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            slab_pages::release(&b, block_bytes());
            slab_pages::unmap(&b, block_bytes());
        }
    }

    block* with_room_ = nullptr;
    std::size_t apart_ = 0;  // descriptors
    std::size_t blocks_ = 0; // with some of this map's
};

} // namespace ebb::detail
