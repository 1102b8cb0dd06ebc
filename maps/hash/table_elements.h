// hash_table's elements: one more, one fewer, none, and each.
#pragma once

#include <ebb/alloc/base/exceptions.h>
#include <ebb/maps/hash/table.h> // NOLINT(misc-header-include-cycle): this is a part of it

namespace ebb::detail {

/// The arguments of `make` may refer to elements, which are about to move: it comes first.
template <class E, class H, class Q, class A>
template <class Make>
typename hash_table<E, H, Q, A>::position hash_table<E, H, Q, A>::add_growing(std::uint64_t hash,
                                                                              const Make& make) {
    apart<element> room;
    element* const aside = room.get();
    make(aside);
    EBB_TRY {
        make_room(hash);
    }
    EBB_CATCH(...) {
        end(aside);
        EBB_RETHROW;
    }
    const auto move_in = [&](element* at) { E::relocate(at, aside); };
    segment& s = segment_of(hash);
    return layout::is_crowded(s) ? add_to_crowd(s, hash, move_in) : add_here(s, hash, move_in);
}

template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::remove(const position& p, [[maybe_unused]] bool leaves) noexcept {
    segment& s = *p.in;
    if constexpr (E::is_node) {
        leaves ? nodes_.release(memory_, *p.at) : end(p.at);
    } else {
        end(p.at);
    }
    --s.count;
    --size_;
    if constexpr (layout::has_array) {
        if (__builtin_expect(layout::is_crowded(s), 0)) {
            leave_crowd(s, p.g, p.at);
            return;
        }
    }
    group& g = s.groups[p.g];
    g.clear(p.i);
    s.stale += g.was_passed() ? 1 : 0;
    if constexpr (layout::has_array) {
        move_last(s, p.at, g.number(p.i, s.tag_bits));
    }
}

/// The array's last element comes to `hole`, where the element of `number` ended.
template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::move_last(segment& s, element* hole, std::uint32_t number) noexcept {
    const std::uint32_t end = layout::nth(s.count);
    element* const last = layout::at(s, end);
    if (number != end) {
        std::uint32_t g = home_of(s, *last);
        const std::uint32_t i = layout::slot_of(s, g, end);
        s.groups[g].renumber(i, number, s.tag_bits);
        E::relocate(hole, last);
    }
    // What the next removals from here will move: its lines are there by then.
    if ((end & layout::mask) > 1) {
        layout::fetch(last - 2);
    } else if (end > 1) {
        layout::fetch(layout::at(s, layout::before(end & ~layout::mask)) - 1);
    }
}

/// The array's element of number `from` is that of `to`.
template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::renumber(segment& s, const element& e, std::uint32_t from,
                                      std::uint32_t to) noexcept {
    if (layout::is_crowded(s)) {
        crowd_of(s).renumber(from, to);
        return;
    }
    std::uint32_t g = home_of(s, e);
    const std::uint32_t i = layout::slot_of(s, g, from);
    s.groups[g].renumber(i, to, s.tag_bits);
}

/// The place of an element of an array. Its key is hashed, to begin near it, and not compared: it
/// need not equal itself, and what it hashes to need not be what it was.
template <class E, class H, class Q, class A>
typename hash_table<E, H, Q, A>::position
hash_table<E, H, Q, A>::position_of(segment& s, std::uint32_t number) const noexcept {
    element* const e = layout::at(s, number);
    if (__builtin_expect(layout::is_crowded(s), 0)) {
        return {&s, number, 0, e};
    }
    position p{&s, home_of(s, *e), 0, e};
    p.i = layout::slot_of(s, p.g, number);
    return p;
}

/// Where an element of the segment is searched for: anywhere, if the hash throws.
template <class E, class H, class Q, class A>
std::uint32_t hash_table<E, H, Q, A>::home_of(const segment& s, const element& e) const noexcept {
    if constexpr (hash_throws<key_type>) {
        EBB_TRY {
            return home_group(hash_of(E::key(e)), s.group_count);
        }
        EBB_CATCH(...) {
            return 0;
        }
    } else {
        return home_group(hash_of(E::key(e)), s.group_count);
    }
}

template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::clear() noexcept {
    for (std::size_t n = 0; n < directory_.size(); ++n) {
        segment& s = directory_[n];
        if constexpr (E::is_node || !std::is_trivially_destructible_v<element>) {
            each_in(s, [&](element* e) { drop(e); });
        }
        give_back(s);
    }
    if constexpr (E::is_node) {
        nodes_.drop_rest(memory_);
    }
    directory_.release(memory_);
    chunks_.release(memory_);
    if constexpr (has_index_store) {
        indexes_.release(memory_);
    }
    memory_.trim();
    size_ = 0;
    reserved_ = 0;
    left_large_ = none;
    set_numbers();
    reseed(next_seed(seed_));
}

template <class E, class H, class Q, class A>
template <class F>
void hash_table<E, H, Q, A>::for_each(const F& f) const {
    for (std::size_t n = 0; n < directory_.size(); ++n) {
        each_in(directory_[n], [&](element* e) { f(E::value(*e)); });
    }
}

} // namespace ebb::detail
