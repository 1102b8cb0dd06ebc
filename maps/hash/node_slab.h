// node_slab: a range of addresses cut into slots for nodes of one size, which takes a page of
// memory when a slot in it is wanted and can give back any page on which no node is left.
//
//     descriptor, a block apart                    addresses, aligned to their length
//     +------------------------------+             +------+------+------+---//---+------+------+
//     | base, pages, free bits, list | ----------> | root | node | node |        | free | rest |
//     +------------------------------+             +------+------+------+---//---+------+------+
//                    ^                                |
//                    +---- once it has lent a node ---+
//
// Slots lie side by side across the pages' borders: whole nodes in each page would leave a quarter
// of it free at 1,032 bytes. A bit a slot says that it is free, and nothing else says it: a page is
// without nodes when the bits of the slots that touch it are all set, mostly a look at one word.
//
// What is known of a slab lies beside it, where nodes are large, not in its first page: with 1 % of
// 1,000,000 nodes of 136 bytes left 520 headers would hold 390 pages in which no node is. With
// nodes of 16 bytes nearly each of those has one, and the bits alone take half a page. Its owner
// finds it by the address (node_finder.h).
//
// A node may leave the store that made it, by a handle or a merge, and its reference stays. Its
// slab then counts it as a holder, and its root says where its descriptor is. Who ends it, on any
// thread, only pushes its slot on `returned`, which the owner empties: no lock, one
// compare-and-swap. An owner that ends before its holders shuts `returned`; from then on who ends a
// node sets its bit, gives its page back when that was the last on it, and the last of all ends the
// slab.
#pragma once

#include <ebb/alloc/arena/marks.h>
#include <ebb/alloc/arena/slab_pages.h>
#include <ebb/alloc/base/bytes.h>
#include <ebb/maps/hash/node_records.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>

namespace ebb::detail {

inline constexpr std::size_t slab_bytes = 256 * kib;

/// Nodes of T, which need not be complete where a slab is only pointed to. All but what is atomic
/// belongs to the owner's thread until the owner ends.
template <class T>
struct node_slab {
    static constexpr std::size_t bytes = slab_bytes;
    static constexpr std::size_t alignment = std::max<std::size_t>(alignof(T), 8);
    static constexpr std::size_t stride = align_up(std::max<std::size_t>(sizeof(T), 8), alignment);
    /// At least sixteen nodes a slab.
    static constexpr bool fits = stride <= bytes / 16 && alignof(T) <= 4096;
    static constexpr std::uint32_t words = static_cast<std::uint32_t>(bytes / stride / 64 + 1);
    static constexpr std::uint32_t none = ~std::uint32_t{0};
    static constexpr std::uint32_t shut = none - 1;
    /// Small nodes leave no page free for long: the descriptor lies before the first of them.
    static constexpr bool inside = stride < 32;

    // The owner's.
    void* base = nullptr;
    node_slab* next = nullptr; // of those as full as it
    node_slab* previous = nullptr;
    std::uint32_t live = 0;  // slots that are taken, those lent included
    std::uint32_t lent = 0;  // of them, those that left the owner, until it sees them return
    std::uint64_t held = 0;  // a bit a page: it has memory
    std::uint64_t full = 0;  // no free slot begins in it
    std::uint64_t empty = 0; // it has memory and no node, and waits for some
    unsigned page_bits = 0;
    record_place place{}; // of this descriptor
    bool rooted = false;  // it has lent a node: the first page has memory
    // Everyone's.
    std::atomic<std::uint32_t> returned =
        none;                               // the first slot of a list through their first bytes
    std::atomic<std::uint32_t> holders = 1; // the owner and the nodes that left it
    // The owner's again.
    node_slab* next_lending = nullptr; // a ring of those with lent nodes
    node_slab* previous_lending = nullptr;
    node_slab* next_waiting = nullptr; // a ring of those with empty pages
    node_slab* previous_waiting = nullptr;
    std::uint64_t free[words] = {};

    static constexpr std::size_t first() noexcept {
        return align_up(inside ? sizeof(node_slab) : sizeof(node_slab*), alignment);
    }
    static constexpr std::uint32_t capacity() noexcept {
        return static_cast<std::uint32_t>((bytes - first()) / stride);
    }

    static void* base_of(const void* p) noexcept {
        return reinterpret_cast<void*>(address_of(p) & ~(bytes - 1));
    }
    /// The slab of a node that has left its owner.
    static node_slab* of_lent(const void* p) noexcept {
        if constexpr (inside) {
            return static_cast<node_slab*>(base_of(p));
        } else {
            node_slab* s = nullptr;
            std::memcpy(&s, base_of(p), sizeof s);
            return s;
        }
    }
    [[nodiscard]] void* slot(std::uint32_t i) noexcept {
        return advance(base, first() + i * stride);
    }
    [[nodiscard]] std::uint32_t index_of(const void* p) const noexcept {
        return static_cast<std::uint32_t>((distance_bytes(base, p) - first()) / stride);
    }

    /// Of fresh addresses.
    static node_slab* make(void* descriptor, void* at, record_place place) noexcept {
        auto* const s = std::construct_at(static_cast<node_slab*>(descriptor));
        s->base = at;
        s->place = place;
        s->page_bits = slab_pages::page_bits();
        std::fill_n(s->free, capacity() / 64, ~std::uint64_t{0});
        if constexpr (capacity() % 64 != 0) {
            s->free[capacity() / 64] = bit(capacity()) - 1;
        }
        if (marks::poisons) {
            marks::poison(advance(at, first()), bytes - first());
        }
        return s;
    }
    /// Its nodes may be found without the owner. Returns the page that this takes, as a bit.
    std::uint64_t root() noexcept {
        if constexpr (inside) {
            return 0;
        } else {
            rooted = true;
            node_slab* const self = this;
            std::memcpy(base, &self, sizeof self);
            return std::uint64_t{1} & ~held;
        }
    }

    static std::uint64_t bit(std::uint32_t i) noexcept { return std::uint64_t{1} << (i % 64); }
    [[nodiscard]] bool is_free(std::uint32_t i) const noexcept {
        return (free[i / 64] & bit(i)) != 0;
    }

    [[nodiscard]] unsigned pages() const noexcept { return unsigned(bytes >> page_bits); }
    /// Pages from `low` up to and including `high`, as bits.
    static std::uint64_t between(unsigned low, unsigned high) noexcept {
        return (~std::uint64_t{0} >> (63 - (high - low))) << low;
    }
    [[nodiscard]] std::uint64_t all_pages() const noexcept { return between(0, pages() - 1); }
    /// Pages of its own.
    [[nodiscard]] std::uint64_t own_pages() const noexcept {
        if constexpr (inside) {
            return between(0, unsigned((sizeof(node_slab) - 1) >> page_bits));
        } else {
            return rooted ? 1 : 0;
        }
    }
    /// Which hold something beside nodes.
    [[nodiscard]] std::uint64_t header_pages() const noexcept {
        return live != 0 ? own_pages() : 0;
    }
    [[nodiscard]] unsigned page_of(std::uint32_t i) const noexcept {
        return unsigned((first() + i * stride) >> page_bits);
    }
    [[nodiscard]] std::uint64_t pages_of(std::uint32_t i) const noexcept {
        return between(page_of(i), unsigned((first() + i * stride + stride - 1) >> page_bits));
    }
    /// The first slot that begins in this page or after it.
    [[nodiscard]] std::uint32_t begins_in(unsigned page) const noexcept {
        const std::size_t at = std::size_t{page} << page_bits;
        const std::size_t i = at <= first() ? 0 : (at - first() + stride - 1) / stride;
        return static_cast<std::uint32_t>(std::min<std::size_t>(i, capacity()));
    }
    /// The first slot that ends in this page or after it.
    [[nodiscard]] std::uint32_t touches(unsigned page) const noexcept {
        const std::size_t at = std::size_t{page} << page_bits;
        const std::size_t i = at <= first() ? 0 : (at - first()) / stride;
        return static_cast<std::uint32_t>(std::min<std::size_t>(i, capacity()));
    }

    /// The bits of word w that belong to slots a ... b - 1.
    static std::uint64_t part(std::uint32_t w, std::uint32_t a, std::uint32_t b) noexcept {
        std::uint64_t bits = ~std::uint64_t{0};
        bits = w == a / 64 ? bits << (a % 64) : bits;
        return w == (b - 1) / 64 ? bits & (~std::uint64_t{0} >> (63 - (b - 1) % 64)) : bits;
    }
    /// The first free slot that begins in this page.
    [[nodiscard]] std::uint32_t free_in(unsigned page) const noexcept {
        const std::uint32_t a = begins_in(page);
        const std::uint32_t b = begins_in(page + 1);
        for (std::uint32_t w = a / 64; w * 64 < b && a < b; ++w) {
            if (const std::uint64_t found = free[w] & part(w, a, b)) {
                return w * 64 + static_cast<std::uint32_t>(std::countr_zero(found));
            }
        }
        return none;
    }
    [[nodiscard]] bool is_without_nodes(unsigned page) const noexcept {
        return is_without_nodes(page, [&](std::uint32_t w) { return free[w]; });
    }
    /// The bytes of the pages that have memory.
    [[nodiscard]] std::size_t held_bytes() const noexcept { return bytes_of(held); }
    [[nodiscard]] std::size_t bytes_of(std::uint64_t these_pages) const noexcept {
        return static_cast<std::size_t>(std::popcount(these_pages)) << page_bits;
    }
    [[nodiscard]] byte_range range_of(unsigned page, unsigned count) const noexcept {
        return {advance(base, std::size_t{page} << page_bits), std::size_t{count} << page_bits};
    }

    /// A node that has left its owner ends: any thread. Its object has.
    static void give_back(void* p) noexcept {
        node_slab* const s = of_lent(p);
        const std::uint32_t i = s->index_of(p);
        std::uint32_t head = s->returned.load(std::memory_order_acquire);
        while (head != shut) {
            std::memcpy(p, &head, sizeof head);
            if (s->returned.compare_exchange_weak(head, i, std::memory_order_release,
                                                  std::memory_order_acquire)) {
                return; // the owner counts it: nothing of the slab may be touched any more
            }
        }
        s->give_back_alone(i);
        s->drop_holders(1);
    }
    /// The owner ends, and leaves its slab to the nodes that have left.
    void leave() noexcept {
        const std::uint64_t had = held;
        std::uint32_t i = returned.exchange(shut, std::memory_order_acq_rel);
        std::uint32_t dropped = 1;
        for (; i != none; ++dropped) {
            const std::uint32_t after = next_returned(i);
            mark_free(i);
            i = after;
        }
        release_alone(had);
        drop_holders(dropped);
    }
    [[nodiscard]] std::uint32_t next_returned(std::uint32_t i) noexcept {
        std::uint32_t after = none;
        std::memcpy(&after, slot(i), sizeof after);
        return after;
    }

  private:
    // Without an owner no slot is taken again: two that see a page's last node gone may both give
    // it back. Sequentially consistent, or of two that end its last two nodes neither might see it.
    // (By the compiler's own functions: libc++ has no std::atomic_ref before 19.)
    void mark_free(std::uint32_t i) noexcept {
        static_cast<void>(__atomic_fetch_or(&free[i / 64], bit(i), __ATOMIC_SEQ_CST));
    }
    void give_back_alone(std::uint32_t i) noexcept {
        mark_free(i);
        release_alone(pages_of(i));
    }
    void release_alone(std::uint64_t pages) noexcept {
        for (std::uint64_t left = pages & ~own_pages(); left != 0; left &= left - 1) {
            const auto page = static_cast<unsigned>(std::countr_zero(left));
            if (is_without_nodes(page, [&](std::uint32_t w) {
                    return __atomic_load_n(&free[w], __ATOMIC_SEQ_CST);
                })) {
                const byte_range one = range_of(page, 1);
                slab_pages::release(one.at, one.bytes);
            }
        }
    }
    template <class Word>
    [[nodiscard]] bool is_without_nodes(unsigned page, const Word& free_word) const noexcept {
        const std::uint32_t a = touches(page);
        const std::uint32_t b = begins_in(page + 1);
        for (std::uint32_t w = a / 64; w * 64 < b && a < b; ++w) {
            if (const std::uint64_t these = part(w, a, b); (free_word(w) & these) != these) {
                return false;
            }
        }
        return true;
    }
    void drop_holders(std::uint32_t count) noexcept {
        if (holders.fetch_sub(count, std::memory_order_acq_rel) == count) {
            void* const at = base;
            slab_pages::release(at, bytes);
            slab_pages::unmap(at, bytes);
            if constexpr (!inside) {
                node_records<node_slab>::end_alone(*this);
            }
        }
    }
};

} // namespace ebb::detail
