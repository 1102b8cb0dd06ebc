// node_slabs: the slabs of one map: which to fill, which pages to give back, and when.
//
// Slabs hang in lists by sixteenths of their slots that are taken; the next to fill is one of the
// fullest list that has room, and it is filled whole. A ring holds the pages that were left empty
// last. Bytes held over bytes live, 1,000,000 nodes, half of them erased at random, a fifth of the
// rest replaced twenty times, nine tenths of it erased, 3,000,000 replaced one by one:
//
//                                  16 bytes a node       136 bytes a node
//     256 KiB, fullest first    1.80  6.45  1.15       1.17  5.22  1.00
//     64 KiB, fullest first     1.83  6.60  1.03       1.20  5.26  1.01
//     where one went last       1.78  6.39  1.25       1.17  5.22  1.09
//     emptiest first            2.03 10.16  2.95       2.00  8.96  2.92
//     no page while one has     1.78  7.05  1.05       1.23  5.61  1.06
//       room in any list
//
// Time is the same within its noise in all. Large slabs are fewer mappings where they go one by
// one.
#pragma once

#include <ebb/alloc/arena/marks.h>
#include <ebb/alloc/base/check.h>
#include <ebb/maps/hash/node_slab.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace ebb::detail {

/// A map's slabs. Empty ones but one are unmapped; whoever owns this drops it when `live` is 0.
///
/// Invariants, checked by `validate()`:
///  1. A slab's `live` is the number of its slots whose bit is not set; it hangs in the list of
///     that many, and the sums of live, lent, held pages and empty slabs are those here.
///  2. A slot that is taken lies in held pages alone; the header's pages are held.
///  3. `empty` are the held pages beyond the header's that no taken slot touches, and each of them
///     is in the ring; no free slot begins in a `full` page.
///  4. A slab is in the ring of lenders when it has lent something, and its holders are at most
///     that and one.
///  5. No more than one slab has no nodes.
/// Every function that gives something back may unmap the slab it was called with.
template <class Slab>
class node_slabs {
  public:
    static constexpr std::uint32_t most_empty = 32;

    [[nodiscard]] std::size_t live() const noexcept { return live_; }
    [[nodiscard]] std::size_t lent() const noexcept { return lent_; }
    /// Held for nodes of `size` bytes: pages and this, less what has left with those lent.
    [[nodiscard]] std::size_t bytes(std::size_t size) const noexcept {
        return sizeof *this + held_bytes_ - lent_ * size;
    }
    [[nodiscard]] std::size_t header_bytes() const noexcept {
        return sizeof *this + slabs_ * sizeof(Slab);
    }

    /// A slot, for a node of `size` bytes. Throws std::bad_alloc, nothing lost.
    template <class Arena>
    void* take(Arena& arena, std::size_t size) {
        Slab* s = current_;
        if (__builtin_expect(s == nullptr || s->live == Slab::capacity(), 0)) {
            collect(arena, size);
            s = current_ = next_to_fill(arena);
        }
        const std::uint32_t i = free_slot(*s);
        const std::uint64_t pages = s->pages_of(i);
        s->empty &= ~pages;
        if (const std::uint64_t fresh = pages & ~s->held) {
            bring(arena, *s, fresh);
        }
        s->free[i / 64] &= ~Slab::bit(i);
        empty_slabs_ -= s->live == 0 ? 1 : 0;
        set_live(*s, s->live + 1);
        ++live_;
        if (marks::poisons) {
            marks::unpoison(s->slot(i), Slab::stride);
        }
        return s->slot(i);
    }
    /// Its node has ended.
    template <class Arena>
    void give(Arena& arena, void* node) noexcept {
        Slab& s = *Slab::of(node);
        give(arena, s, s.index_of(node));
    }

    /// Its node leaves the map, or comes back.
    void lend(void* node) noexcept {
        Slab& s = *Slab::of(node);
        s.holders.fetch_add(1, std::memory_order_relaxed);
        if (s.lent++ == 0) {
            enlist(s);
        }
        ++lent_;
    }
    void return_lent(void* node) noexcept {
        Slab& s = *Slab::of(node);
        count_returned(s, 1);
    }
    /// Looks at one slab that has lent nodes, and takes back those that have ended. `refunded` is
    /// what lending one took off this map's account.
    template <class Arena>
    void collect(Arena& arena, std::size_t refunded) noexcept {
        if (__builtin_expect(lending_ == nullptr, 1)) {
            return;
        }
        Slab& s = *lending_;
        lending_ = s.next_lending;
        if (s.returned.load(std::memory_order_relaxed) == Slab::none) {
            return;
        }
        const std::uint32_t first = s.returned.exchange(Slab::none, std::memory_order_acquire);
        std::uint32_t count = 0;
        for (std::uint32_t i = first; i != Slab::none; i = s.next_returned(i)) {
            ++count;
        }
        count_returned(s, count);
        arena.charge(count * refunded);
        for (std::uint32_t i = first; count != 0; --count) {
            const std::uint32_t after = s.next_returned(i);
            give(arena, s, i);
            i = after;
        }
    }

    /// Takes the slabs of which all nodes have been lent, to the map of these, by a merge before
    /// which nothing was. Returns how many nodes that were.
    template <class Arena, class From>
    std::size_t adopt(Arena& arena, node_slabs& other, From& from, std::size_t size) noexcept {
        std::size_t adopted = 0;
        for (std::size_t n = 0; n < lists; ++n) {
            for (Slab *s = other.of_[n], *after = nullptr; s != nullptr; s = after) {
                after = s->next;
                if (s->live == 0 || s->live != s->lent) {
                    continue;
                }
                const std::uint32_t count = s->live;
                other.count_returned(*s, count);
                from.charge(count * size);
                other.live_ -= count;
                const std::size_t held = other.forget(*s);
                from.refund(held);
                s->owner.store(this, std::memory_order_relaxed);
                hang(*s);
                ++slabs_;
                live_ += count;
                held_bytes_ += held;
                arena.charge(held);
                for (std::uint64_t left = s->empty; left != 0; left &= left - 1) {
                    note_empty(*s, static_cast<unsigned>(std::countr_zero(left)));
                    give_pages(arena);
                }
                adopted += count;
            }
        }
        return adopted;
    }

    /// Ends them all: those that have lent nodes are left to these, which requires that no others
    /// live in them.
    template <class Arena>
    void leave(Arena& arena, std::size_t size) noexcept {
        for (Slab* s : of_) {
            while (s != nullptr) {
                Slab* const after = s->next;
                if (s->lent != 0) {
                    s->leave();
                } else {
                    slab_pages::release(s, Slab::bytes);
                    slab_pages::unmap(s, Slab::bytes);
                }
                s = after;
            }
        }
        arena.refund(held_bytes_ - lent_ * size);
    }

    void validate() const;

  private:
    // Room for what one node's end adds before the oldest go.
    static constexpr std::uint32_t ring_size = most_empty + 32;
    // Pages brought along with the one that is wanted: 1,000,000 inserts of 136 bytes took 331 ns
    // each, 356 with none, 337 with 7 and 339 with 15.
    static constexpr unsigned ahead = 3;
    static constexpr std::size_t lists = 17; // the last: no slot free
    static constexpr unsigned shift = std::max<unsigned>(std::bit_width(Slab::capacity()), 4) - 4;
    struct emptied {
        Slab* in;
        unsigned page;
    };

    static std::size_t list_of(std::uint32_t live) noexcept {
        return live == Slab::capacity() ? lists - 1 : live >> shift;
    }
    void hang(Slab& s) noexcept {
        const std::size_t n = list_of(s.live);
        s.previous = nullptr;
        s.next = of_[n];
        if (s.next != nullptr) {
            s.next->previous = &s;
        }
        of_[n] = &s;
        with_room_ |= n < lists - 1 ? 1U << n : 0;
    }
    void unhang(Slab& s) noexcept {
        const std::size_t n = list_of(s.live);
        (s.previous != nullptr ? s.previous->next : of_[n]) = s.next;
        if (s.next != nullptr) {
            s.next->previous = s.previous;
        }
        with_room_ &= of_[n] == nullptr ? ~(1U << n) : ~0U;
    }
    void set_live(Slab& s, std::uint32_t live) noexcept {
        if (__builtin_expect(list_of(live) != list_of(s.live), 0)) {
            unhang(s);
            s.live = live;
            hang(s);
        } else {
            s.live = live;
        }
    }

    template <class Arena>
    void charge(Arena& arena, std::size_t bytes) noexcept {
        held_bytes_ += bytes;
        arena.charge(bytes);
    }
    template <class Arena>
    [[gnu::noinline]] Slab* next_to_fill(Arena& arena) {
        if (with_room_ != 0) {
            return of_[static_cast<std::size_t>(std::bit_width(with_room_)) - 1];
        }
        Slab* const s = Slab::make(arena.map_slab(Slab::bytes), this);
        charge(arena, s->held_bytes());
        hang(*s);
        ++slabs_;
        ++empty_slabs_;
        return s;
    }
    // Memory for pages that have none; in a map of many, for those behind them too.
    template <class Arena>
    [[gnu::noinline]] void bring(Arena& arena, Slab& s, std::uint64_t fresh) noexcept {
        s.held |= fresh;
        const auto first = static_cast<unsigned>(std::countr_zero(fresh));
        unsigned end = 64 - static_cast<unsigned>(std::countl_zero(fresh));
        if (most_now() == most_empty) {
            for (unsigned n = 0; n < ahead && end < s.pages() && (s.held >> end & 1) == 0; ++n) {
                s.held |= std::uint64_t{1} << end;
                s.empty |= std::uint64_t{1} << end;
                fresh |= std::uint64_t{1} << end;
                note_empty(s, end++);
            }
            s.populate(first, end - first);
        }
        charge(arena, s.bytes_of(fresh));
        give_pages(arena);
    }
    // Of a slab that has one: in a page that has nodes, else in one that has memory.
    static std::uint32_t free_slot(Slab& s) noexcept {
        for (;;) {
            const std::uint64_t open = ~s.full & s.all_pages();
            std::uint64_t best = open & s.held & ~s.empty;
            best = best != 0 ? best : open & s.held;
            best = best != 0 ? best : open;
            EBB_ASSERT(best != 0, "node_slabs: a slab with room has none");
            const auto page = static_cast<unsigned>(std::countr_zero(best));
            if (const std::uint32_t i = s.free_in(page); i != Slab::none) {
                return i;
            }
            s.full |= std::uint64_t{1} << page;
        }
    }

    template <class Arena>
    void give(Arena& arena, Slab& s, std::uint32_t i) noexcept {
        if (marks::poisons) {
            marks::poison(s.slot(i), Slab::stride);
        }
        s.free[i / 64] |= Slab::bit(i);
        s.full &= ~(std::uint64_t{1} << s.page_of(i));
        for (std::uint64_t left = s.pages_of(i) & ~s.header_pages(); left != 0; left &= left - 1) {
            const auto page = static_cast<unsigned>(std::countr_zero(left));
            if (__builtin_expect(s.is_without_nodes(page), 0)) {
                s.empty |= std::uint64_t{1} << page;
                note_empty(s, page);
            }
        }
        set_live(s, s.live - 1);
        --live_;
        if (__builtin_expect(s.live == 0, 0) && ++empty_slabs_ > 1) {
            --empty_slabs_;
            const std::size_t held = forget(s);
            slab_pages::release(&s, Slab::bytes);
            slab_pages::unmap(&s, Slab::bytes);
            arena.refund(held);
        }
        give_pages(arena);
    }

    void note_empty(Slab& s, unsigned page) noexcept {
        ring_[(ring_first_ + ring_count_++) % ring_size] = {&s, page};
    }
    // The longest empty first, until there are few.
    template <class Arena>
    void give_pages(Arena& arena) noexcept {
        while (__builtin_expect(ring_count_ > most_now(), 0)) {
            const emptied e = ring_[ring_first_];
            ring_first_ = (ring_first_ + 1) % ring_size;
            --ring_count_;
            if (e.in == nullptr || (e.in->empty >> e.page & 1) == 0) {
                continue; // it is gone, or has nodes again
            }
            Slab& s = *e.in;
            const auto above = static_cast<unsigned>(std::countr_one(s.empty >> e.page));
            const auto below = static_cast<unsigned>(std::countl_one(s.empty << (63 - e.page))) - 1;
            const unsigned page = e.page - below;
            const unsigned count = below + above;
            s.empty &= ~Slab::between(page, page + count - 1);
            s.held &= ~Slab::between(page, page + count - 1);
            s.release(page, count);
            held_bytes_ -= std::size_t{count} << s.page_bits;
            arena.refund(std::size_t{count} << s.page_bits);
        }
    }
    [[nodiscard]] std::uint32_t most_now() const noexcept {
        const std::size_t share = held_bytes_ >> (slab_pages::page_bits() + 3);
        return static_cast<std::uint32_t>(std::min<std::size_t>(share + 2, most_empty));
    }

    // Takes a slab out of everything; returns the bytes of its pages.
    std::size_t forget(Slab& s) noexcept {
        unhang(s);
        for (std::uint32_t n = 0; n < ring_count_; ++n) {
            emptied& e = ring_[(ring_first_ + n) % ring_size];
            e.in = e.in == &s ? nullptr : e.in;
        }
        current_ = current_ == &s ? nullptr : current_;
        const std::size_t held = s.held_bytes();
        held_bytes_ -= held;
        --slabs_;
        return held;
    }

    void enlist(Slab& s) noexcept {
        if (lending_ == nullptr) {
            lending_ = s.next_lending = s.previous_lending = &s;
            return;
        }
        s.next_lending = lending_;
        s.previous_lending = lending_->previous_lending;
        s.previous_lending->next_lending = s.next_lending->previous_lending = &s;
    }
    void count_returned(Slab& s, std::uint32_t count) noexcept {
        s.holders.fetch_sub(count, std::memory_order_relaxed);
        s.lent -= count;
        lent_ -= count;
        if (s.lent == 0) {
            s.previous_lending->next_lending = s.next_lending;
            s.next_lending->previous_lending = s.previous_lending;
            lending_ = s.next_lending == &s ? nullptr : lending_ == &s ? s.next_lending : lending_;
        }
    }

    std::array<Slab*, lists> of_{};
    std::uint32_t with_room_ = 0; // a bit a list: it has slabs, and they room
    std::uint32_t ring_first_ = 0;
    std::uint32_t ring_count_ = 0;
    Slab* current_ = nullptr;
    Slab* lending_ = nullptr;
    std::size_t slabs_ = 0;
    std::size_t empty_slabs_ = 0;
    std::size_t live_ = 0;
    std::size_t lent_ = 0;
    std::size_t held_bytes_ = 0;
    std::array<emptied, ring_size> ring_{};
};

} // namespace ebb::detail

#include <ebb/maps/hash/node_walk.h>
