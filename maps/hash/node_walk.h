// node_slabs' walk that checks its invariants.
#pragma once

#include <ebb/maps/hash/node_slabs.h> // NOLINT(misc-header-include-cycle): this is a part of it

namespace ebb::detail {

template <class Slab>
void node_slabs<Slab>::validate() const {
    std::size_t slabs = 0;
    std::size_t empty = 0;
    std::size_t live = 0;
    std::size_t lent = 0;
    std::size_t held = 0;
    lists_.validate();
    lists_.for_each([&](Slab& one) {
        const Slab* const s = &one;
        EBB_CHECK(find(s->base) == s, "node_slabs: a slab that isn't found");
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
        EBB_CHECK(s->live != 0 || s->empty != 0, "node_slabs: a slab without nodes is kept");
        EBB_CHECK(!s->rooted || Slab::of_lent(s->base) == s,
                  "node_slabs: a slab whose nodes don't find it");
        EBB_CHECK(s->lent <= s->live && s->holders.load(std::memory_order_relaxed) == s->lent + 1,
                  "node_slabs: a slab's holders are off");
        live += s->live;
        lent += s->lent;
        held += s->held_bytes();
        empty += s->bytes_of(s->empty);
        ++slabs;
    });
    std::size_t lenders = 0;
    lending_.for_each([&](const Slab& s) {
        EBB_CHECK(s.lent != 0, "node_slabs: a lender that has lent nothing");
        lenders += s.lent;
    });
    std::size_t waiting = 0;
    waiting_.for_each([&](const Slab& s) {
        EBB_CHECK(s.empty != 0, "node_slabs: a slab waits that has no empty page");
        waiting += s.bytes_of(s.empty);
    });
    EBB_CHECK(lenders == lent && lent == lent_, "node_slabs: the nodes lent are miscounted");
    EBB_CHECK(live == live_ && slabs == slabs_ && held == held_bytes_,
              "node_slabs: the sums of the slabs are off");
    EBB_CHECK(waiting == empty && waiting == waiting_bytes_,
              "node_slabs: the empty pages are miscounted");
}

} // namespace ebb::detail
