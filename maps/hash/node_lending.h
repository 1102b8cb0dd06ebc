// node_slabs' nodes that leave the map and come back, slabs that change their map, and the end.
#pragma once

#include <ebb/maps/hash/node_slabs.h> // NOLINT(misc-header-include-cycle): this is a part of it

namespace ebb::detail {

template <class Slab>
template <class Arena>
void node_slabs<Slab>::lend(Arena& arena, Slab& s) noexcept {
    if (!Slab::inside && !s.rooted) {
        const std::uint64_t fresh = s.root();
        s.held |= fresh;
        charge(arena, s.bytes_of(fresh));
        not_empty(s, s.own_pages());
    }
    s.holders.fetch_add(1, std::memory_order_relaxed);
    if (s.lent++ == 0) {
        lending_.add(s);
    }
    ++lent_;
}

template <class Slab>
void node_slabs<Slab>::count_returned(Slab& s, std::uint32_t count) noexcept {
    s.holders.fetch_sub(count, std::memory_order_relaxed);
    s.lent -= count;
    lent_ -= count;
    if (s.lent == 0) {
        lending_.remove(s);
    }
}

template <class Slab>
template <class Arena>
void node_slabs<Slab>::collect_one(Arena& arena, std::size_t refunded) noexcept {
    Slab& s = *lending_.first();
    lending_.turn();
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

template <class Slab>
template <class Arena>
bool node_slabs<Slab>::has_room_to_find(Arena& arena) noexcept {
    EBB_TRY {
        arena.charge(finder_.make_room(arena, slabs_));
        return true;
    }
    EBB_CATCH(const std::bad_alloc&) { // the slab stays where it is
        return false;
    }
}

template <class Slab>
template <class Arena, class From>
std::size_t node_slabs<Slab>::adopt(Arena& arena, node_slabs& other, From& from,
                                    std::size_t size) noexcept {
    std::size_t adopted = 0;
    other.lists_.for_each([&](Slab& s) {
        const std::uint32_t count = s.live;
        if (count == 0 || count != s.lent || !has_room_to_find(arena)) {
            return;
        }
        other.count_returned(s, count);
        from.charge(count * size);
        other.live_ -= count;
        from.refund(other.forget(s));
        if constexpr (!Slab::inside) {
            other.records_.hand_over(from, s);
            records_.take_over(arena, s);
        }
        held_bytes_ += s.held_bytes();
        arena.charge(s.held_bytes());
        finder_.add(s);
        lists_.add(s);
        ++slabs_;
        live_ += count;
        adopted += count;
        if (const std::uint64_t waits = std::exchange(s.empty, 0); waits != 0) {
            note_empty(s, waits);
            look_at_stock(arena);
        }
    });
    return adopted;
}

template <class Slab>
template <class Arena>
void node_slabs<Slab>::leave(Arena& arena, std::size_t size) noexcept {
    arena.refund(held_bytes_ + finder_.bytes() - lent_ * size);
    parting these;
    lists_.for_each([&](Slab& s) {
        if (s.lent == 0) {
            these.add(s);
        } else {
            if constexpr (!Slab::inside) {
                records_.hand_over(arena, s);
            }
            s.leave();
        }
        if (!these.has_room()) {
            give_back(arena, these);
        }
    });
    give_back(arena, these);
}

} // namespace ebb::detail
