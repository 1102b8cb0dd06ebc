// node_slabs: the slabs of one map: which to fill, which pages to give back, and when.
//
// Slabs hang in lists by sixteenths of their slots that are taken; the next to fill is one of the
// fullest list that has room, and it is filled whole. Bytes held over bytes live, 1,000,000 nodes,
// half of them erased at random, a fifth of the rest replaced twenty times, nine tenths of it
// erased, 3,000,000 replaced one by one:
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
//
// Pages on which no node is left wait, those of a slab without nodes too (node_stock.h says how
// many): the last in the slab that is filled, and in those that come after it, before memory is
// taken anew. When too many wait, those of the slabs that have waited longest go, in one system
// call.
#pragma once

#include <ebb/alloc/arena/marks.h>
#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/base/check.h>
#include <ebb/alloc/base/exceptions.h>
#include <ebb/maps/hash/node_finder.h>
#include <ebb/maps/hash/node_lists.h>
#include <ebb/maps/hash/node_records.h>
#include <ebb/maps/hash/node_slab.h>
#include <ebb/maps/hash/node_stock.h>
#include <ebb/maps/hash/swing.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

namespace ebb::detail {

/// A map's slabs. Whoever owns this drops it when `live` is 0.
///
/// Invariants, checked by `validate()`:
///  1. A slab's `live` is the number of its slots whose bit is not set; it hangs in the list of
///     that many, and the sums of live, lent, held and empty pages are those here.
///  2. A slot that is taken lies in held pages alone; a root's page is held.
///  3. `empty` are the held pages but a root's that no taken slot touches; no free slot begins in a
///     `full` page.
///  4. A slab is in the ring of lenders when it has lent something, and its holders are at most
///     that and one; in the ring of those that wait when it has an empty page; a slab without nodes
///     has one.
///  5. The finder finds these slabs, and no others.
/// Every function that gives something back may end the slab it was called with.
template <class Slab>
class node_slabs {
  public:
    [[nodiscard]] std::size_t live() const noexcept { return live_; }
    [[nodiscard]] std::size_t lent() const noexcept { return lent_; }
    /// Held for nodes of `size` bytes: pages and this, less what has left with those lent.
    [[nodiscard]] std::size_t bytes(std::size_t size) const noexcept {
        return header_bytes() + held_bytes_ - lent_ * size;
    }
    [[nodiscard]] std::size_t header_bytes() const noexcept {
        return sizeof *this + records_.bytes() + finder_.bytes();
    }
    /// The slab of this node, null where it isn't one of these.
    [[nodiscard]] Slab* find(const void* node) const noexcept { return finder_.find(node); }

    /// A slot, for a node of `size` bytes. Throws std::bad_alloc, nothing lost.
    template <class Arena>
    void* take(Arena& arena, std::size_t size) {
        Slab* s = current_;
        if (__builtin_expect(s == nullptr || s->live == Slab::capacity(), 0)) {
            collect(arena, size);
            s = current_ = next_to_fill(arena);
        }
        std::uint32_t i = free_slot(*s);
        if (__builtin_expect((s->pages_of(i) & (~s->held | s->empty)) != 0, 0)) {
            if ((s->pages_of(i) & ~s->held) != 0 && lists_.fullest_with_room()->live > s->live) {
                s = current_ = lists_.fullest_with_room(); // rather than memory here
                i = free_slot(*s);
            }
            use(arena, *s, s->pages_of(i));
        }
        s->free[i / 64] &= ~Slab::bit(i);
        lists_.set_live(*s, s->live + 1);
        ++live_;
        if (marks::poisons) {
            marks::unpoison(s->slot(i), Slab::stride);
        }
        return s->slot(i);
    }
    /// Its node has ended.
    template <class Arena>
    void give(Arena& arena, Slab& s, void* node) noexcept {
        give(arena, s, s.index_of(node));
    }

    /// Its node leaves the map, or comes back.
    template <class Arena>
    void lend(Arena& arena, Slab& s) noexcept;
    void return_lent(Slab& s) noexcept { count_returned(s, 1); }
    /// Looks at one slab that has lent nodes, and takes back those that have ended. `refunded` is
    /// what lending one took off this map's account.
    template <class Arena>
    void collect(Arena& arena, std::size_t refunded) noexcept {
        if (__builtin_expect(lending_.first() != nullptr, 0)) {
            collect_one(arena, refunded);
        }
    }
    /// Takes the slabs of which all nodes have been lent, to the map of these, by a merge before
    /// which nothing was. Returns how many nodes that were.
    template <class Arena, class From>
    std::size_t adopt(Arena& arena, node_slabs& other, From& from, std::size_t size) noexcept;
    /// Ends them all: those that have lent nodes are left to these, which requires that no others
    /// live in them.
    template <class Arena>
    void leave(Arena& arena, std::size_t size) noexcept;

    void validate() const;

  private:
    // Of one system call, and at most so many bytes: what an erase gives back. 4 KiB of stack.
    static constexpr std::size_t most_ranges = 256;
    static constexpr std::size_t most_at_once = 2 * mib;
    // Pages brought along with the one that is wanted, where so many bytes are held: 1,000,000
    // inserts of 136 bytes took 331 ns each, 356 with none, 337 with 7 and 339 with 15.
    static constexpr unsigned ahead = 3;
    static constexpr std::size_t held_by_many = mib;
    template <class Arena>
    void charge(Arena& arena, std::size_t bytes) noexcept {
        held_bytes_ += bytes;
        arena.charge(bytes);
    }
    template <class Arena>
    [[gnu::noinline]] Slab* next_to_fill(Arena& arena) {
        if (lists_.have_room()) {
            return lists_.fullest_with_room();
        }
        arena.charge(finder_.make_room(arena, slabs_));
        void* const addresses = arena.map_slab(Slab::bytes);
        Slab* s = nullptr;
        if constexpr (Slab::inside) {
            s = Slab::make(addresses, addresses, record_place::mine);
            s->held = s->own_pages();
            charge(arena, s->held_bytes());
            note_empty(*s, s->held);
        } else {
            EBB_TRY {
                s = records_.add(arena, addresses);
            }
            EBB_CATCH(...) {
                slab_pages::unmap(addresses, Slab::bytes);
                EBB_RETHROW;
            }
        }
        finder_.add(*s);
        lists_.add(*s);
        ++slabs_;
        return s;
    }
    // Pages get their first node.
    template <class Arena>
    [[gnu::noinline]] void use(Arena& arena, Slab& s, std::uint64_t pages) noexcept {
        pages |= s.own_pages();
        if ((pages & s.empty) != 0) {
            swing_.served(
                waiting_bytes_, node_stock::least, [&] { return usual(); }, now());
            not_empty(s, pages & s.empty);
        }
        if (const std::uint64_t fresh = pages & ~s.held) {
            swing_.missed(now(), live_);
            bring(arena, s, fresh);
        }
    }
    // Memory for pages that have none; in a map of many, for those behind them too.
    template <class Arena>
    void bring(Arena& arena, Slab& s, std::uint64_t fresh) noexcept {
        const auto first = static_cast<unsigned>(std::countr_zero(fresh));
        unsigned end = 64 - static_cast<unsigned>(std::countl_zero(fresh));
        std::uint64_t more = 0;
        if (held_bytes_ >= held_by_many) {
            for (unsigned n = 0; n < ahead && end < s.pages() && (s.held >> end & 1) == 0; ++n) {
                more |= std::uint64_t{1} << end++;
            }
            const byte_range range = s.range_of(first, end - first);
            slab_pages::populate(range.at, range.bytes);
        } else {
            const byte_range range = s.range_of(first, end - first);
            slab_pages::use(range.at, range.bytes);
        }
        s.held |= fresh | more;
        charge(arena, s.bytes_of(fresh | more));
        note_empty(s, more);
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
        ++given_;
        s.free[i / 64] |= Slab::bit(i);
        s.full &= ~(std::uint64_t{1} << s.page_of(i));
        const bool other_list = lists_.set_live(s, s.live - 1);
        --live_;
        std::uint64_t empty = 0;
        for (std::uint64_t left = s.pages_of(i); left != 0; left &= left - 1) {
            if (__builtin_expect(s.is_without_nodes(static_cast<unsigned>(std::countr_zero(left))),
                                 0)) {
                empty |= left & -left;
            }
        }
        if (__builtin_expect(empty != 0 || other_list, 0)) {
            if (s.live == 0) {
                empty |= s.own_pages();
                s.rooted = false;
            }
            note_empty(s, empty & ~s.header_pages());
            look_at_stock(arena);
        }
    }

    // Operations on nodes so far, as far as they matter to the stock.
    [[nodiscard]] std::uint64_t now() const noexcept { return 2 * given_ + live_; }

    void note_empty(Slab& s, std::uint64_t pages) noexcept {
        if (s.empty == 0 && pages != 0) {
            waiting_.add(s);
        }
        s.empty |= pages;
        waiting_bytes_ += s.bytes_of(pages);
    }
    void not_empty(Slab& s, std::uint64_t pages) noexcept {
        pages &= s.empty;
        waiting_bytes_ -= s.bytes_of(pages);
        s.empty &= ~pages;
        if (s.empty == 0 && pages != 0) {
            waiting_.remove(s);
        }
    }
    [[nodiscard]] std::size_t usual() const noexcept {
        return node_stock::usual(live_ * Slab::stride, held_bytes_);
    }
    template <class Arena>
    void look_at_stock(Arena& arena) noexcept {
        if (waiting_bytes_ >
            swing_.most(waiting_bytes_, usual(), live_ * Slab::stride, now(), live_)) {
            give_pages(arena);
        }
    }
    // Those of the slabs that have waited longest; slabs without nodes go whole.
    template <class Arena>
    [[gnu::noinline]] void give_pages(Arena& arena) noexcept {
        parting these;
        std::size_t given = 0;
        while (waiting_.first() != nullptr && given < most_at_once && these.has_room()) {
            Slab& s = *waiting_.first();
            given += s.bytes_of(s.empty);
            if (s.live == 0) {
                forget(s);
                these.add(s);
                continue;
            }
            for (std::uint64_t left = s.empty; left != 0;) {
                const auto page = static_cast<unsigned>(std::countr_zero(left));
                const auto run = static_cast<unsigned>(std::countr_one(left >> page));
                left &= ~Slab::between(page, page + run - 1);
                these.ranges[these.count++] = s.range_of(page, run);
            }
            held_bytes_ -= s.bytes_of(s.empty);
            s.held &= ~s.empty;
            not_empty(s, s.empty);
        }
        give_back(arena, these);
        arena.refund(given);
        swing_.given_back(waiting_bytes_, now());
    }

    // What goes in one call: the memory of pages, and slabs whole, which are forgotten.
    struct parting {
        static constexpr std::size_t most_slabs = 32;
        byte_range ranges[most_ranges];
        std::size_t count = 0;
        Slab* slabs[most_slabs];
        std::size_t slab_count = 0;
        // Room for the pages of one slab, or for one whole.
        [[nodiscard]] bool has_room() const noexcept {
            return count <= most_ranges - 32 && slab_count < most_slabs;
        }
        void add(Slab& s) noexcept {
            ranges[count++] = {s.base, Slab::bytes};
            slabs[slab_count++] = &s;
        }
    };
    template <class Arena>
    void give_back(Arena& arena, parting& these) noexcept {
        slab_pages::release(these.ranges, these.count);
        for (; these.slab_count != 0; --these.slab_count) {
            Slab* const s = these.slabs[these.slab_count - 1];
            if constexpr (Slab::inside) { // and has no memory any more
                slab_pages::unmap(s, Slab::bytes);
            } else {
                slab_pages::unmap(s->base, Slab::bytes);
                records_.end(arena, *s);
            }
        }
        these.count = 0;
    }

    // Takes a slab out of everything but the ring of lenders; returns the bytes of its pages.
    std::size_t forget(Slab& s) noexcept {
        lists_.remove(s);
        const std::uint64_t waits = s.empty;
        not_empty(s, waits);
        s.empty = waits;
        finder_.remove(s);
        current_ = current_ == &s ? nullptr : current_;
        held_bytes_ -= s.held_bytes();
        --slabs_;
        return s.held_bytes();
    }

    template <class Arena>
    [[nodiscard]] bool has_room_to_find(Arena& arena) noexcept;
    template <class Arena>
    void collect_one(Arena& arena, std::size_t refunded) noexcept;
    void count_returned(Slab& s, std::uint32_t count) noexcept;

    node_lists<Slab> lists_;
    Slab* current_ = nullptr;
    node_ring<Slab, &Slab::next_lending, &Slab::previous_lending> lending_;
    // The first has waited longest.
    node_ring<Slab, &Slab::next_waiting, &Slab::previous_waiting> waiting_;
    node_finder<Slab> finder_;
    node_records<Slab> records_;
    std::size_t slabs_ = 0;
    std::size_t live_ = 0;
    std::size_t lent_ = 0;
    std::size_t held_bytes_ = 0;
    std::size_t waiting_bytes_ = 0; // of them
    std::uint64_t given_ = 0;       // slots, ever
    swing swing_;
};

} // namespace ebb::detail

#include <ebb/maps/hash/node_lending.h>
#include <ebb/maps/hash/node_walk.h>
