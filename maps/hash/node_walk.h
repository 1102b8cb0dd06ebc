// node_slabs' walk that checks its invariants.
#pragma once

#include <ebb/maps/hash/node_slabs.h> // NOLINT(misc-header-include-cycle): this is a part of it

namespace ebb::detail {

template <class Slab>
void node_slabs<Slab>::validate() const {
    std::size_t slabs = 0;
    std::size_t without = 0;
    std::size_t live = 0;
    std::size_t lent = 0;
    std::size_t held = 0;
    for (std::size_t n = 0; n < lists; ++n) {
        EBB_CHECK(n == lists - 1 || ((with_room_ >> n & 1) != 0) == (of_[n] != nullptr),
                  "node_slabs: a list is missed");
        for (const Slab* s = of_[n]; s != nullptr; s = s->next) {
            EBB_CHECK(list_of(s->live) == n, "node_slabs: a slab hangs in another list");
            EBB_CHECK(s->owner.load(std::memory_order_relaxed) == this,
                      "node_slabs: a slab of another owner");
            std::uint64_t touched = s->header_pages();
            std::uint32_t taken = 0;
            for (std::uint32_t i = 0; i < Slab::capacity(); ++i) {
                if (!s->is_free(i)) {
                    ++taken;
                    touched |= s->pages_of(i);
                } else {
                    EBB_CHECK((s->full >> s->page_of(i) & 1) == 0,
                              "node_slabs: a full page has a free slot");
                }
            }
            EBB_CHECK(taken == s->live, "node_slabs: a slab's count is off");
            EBB_CHECK((touched & ~s->held) == 0, "node_slabs: a node lies where no memory is");
            EBB_CHECK(s->empty == (s->held & ~touched), "node_slabs: the empty pages are off");
            for (std::uint64_t left = s->empty; left != 0; left &= left - 1) {
                const auto page = static_cast<unsigned>(std::countr_zero(left));
                bool noted = false;
                for (std::uint32_t r = 0; r < ring_count_; ++r) {
                    const emptied& e = ring_[(ring_first_ + r) % ring_size];
                    noted = noted || (e.in == s && e.page == page);
                }
                EBB_CHECK(noted, "node_slabs: an empty page that nobody gives back");
            }
            EBB_CHECK(s->lent <= s->live &&
                          s->holders.load(std::memory_order_relaxed) == s->lent + 1,
                      "node_slabs: a slab's holders are off");
            live += s->live;
            lent += s->lent;
            held += s->held_bytes();
            without += s->live == 0 ? 1 : 0;
            ++slabs;
        }
    }
    std::size_t lenders = 0;
    if (const Slab* s = lending_) {
        do {
            EBB_CHECK(s->lent != 0, "node_slabs: a lender that has lent nothing");
            lenders += s->lent;
            s = s->next_lending;
        } while (s != lending_);
    }
    EBB_CHECK(lenders == lent && lent == lent_, "node_slabs: the nodes lent are miscounted");
    EBB_CHECK(live == live_ && slabs == slabs_ && held == held_bytes_,
              "node_slabs: the sums of the slabs are off");
    EBB_CHECK(without == empty_slabs_ && without <= 1, "node_slabs: slabs without nodes are kept");
    EBB_CHECK(ring_count_ <= most_empty, "node_slabs: too many empty pages are kept");
}

} // namespace ebb::detail
