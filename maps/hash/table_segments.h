// hash_table's one segment more, by a split, and one fewer, by a merge. Each allocates before it
// moves anything, and moves nothing that can throw.
#pragma once

#include <ebb/alloc/base/exceptions.h>
#include <ebb/maps/hash/table.h> // NOLINT(misc-header-include-cycle): this is a part of it

namespace ebb::detail {

/// An index for that part of a split's elements.
template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::allocate_half(segment& s, std::size_t count, std::size_t owner) {
    if constexpr (layout::has_array) {
        if (count > layout::most) {
            allocate_crowd(s, count);
            return;
        }
    }
    allocate_index(s, fill(first_groups(count), true), true, owner);
}

/// One segment more. Throws std::bad_alloc and what the hash throws, nothing changed.
template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::split() {
    directory_.make_room(memory_);
    const std::size_t number = directory_.size();
    const std::size_t bit = std::bit_floor(number);
    segment& s = directory_[number - bit];
    const hashes hash(*this, s);

    std::size_t going = 0;
    const auto is_going = [&](std::uint64_t h) { return (h & bit) != 0; };
    each_element(s, [&](std::size_t n, element* e) { going += is_going(hash(n, *e)) ? 1 : 0; });
    const std::size_t staying = s.count - going;

    segment low;
    segment high;
    EBB_TRY {
        if (staying != 0) {
            allocate_half(low, staying, number - bit);
        }
        if (going != 0) {
            allocate_half(high, going, number);
            if constexpr (layout::has_array) {
                grow_array(high, std::min<std::size_t>(going, layout::per_chunk * 2), number);
            }
        }
    }
    EBB_CATCH(...) {
        free_index(low);
        free_array(high);
        free_index(high);
        EBB_RETHROW;
    }
    typename placing::vacancies vacant_low;
    typename placing::vacancies vacant_high;
    placing in_low(low, vacant_low);
    placing in_high(high, vacant_high);
    if constexpr (layout::has_array) {
        part(s, hash, is_going, in_low, in_high, number);
        // The chunks that the rest fills stay.
        std::uint32_t left = layout::chunks(s.capacity);
        const std::uint32_t full = layout::chunks(staying);
        for (; left > full; --left) {
            give_last_chunk(s);
        }
        for (std::uint32_t n = 0; n < full; ++n) {
            layout::chunk(in_low.s, n) = layout::chunk(s, n);
        }
        in_low.s.capacity = s.capacity;
    } else {
        each_element(s, [&](std::size_t n, element* e) {
            const std::uint64_t h = hash(n, *e);
            (is_going(h) ? in_high : in_low)(e, h); // no branch: half of them go
        });
    }
    free_index(s);
    s = in_low.s;
    directory_.push(in_high.s);
    set_numbers();
    set_shrink_at(s);
    set_shrink_at(directory_[number]);
}

/// Of an array: the last that stays comes into the place of the first that goes, so that half of
/// them don't move. What goes fills its own two chunks, then those that have become empty at the
/// end: after n * per_chunk moves all but one of as many places are free there.
template <class E, class H, class Q, class A>
template <class Goes>
void hash_table<E, H, Q, A>::part(segment& s, const hashes& hash, const Goes& is_going,
                                  placing& in_low, placing& in_high, std::size_t owner) noexcept {
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    segment& to = in_high.s;
    std::uint32_t end = s.count;
    std::uint32_t last = layout::nth(end);
    for (std::uint32_t n = 0; n < end; ++n, low = layout::after(low)) {
        element* const e = layout::at(s, low);
        element* from = e;
        std::uint64_t h = hash(n, *e);
        while (is_going(h)) {
            if ((high & layout::mask) == 0 && to.capacity <= in_high.s.count) {
                const std::uint32_t empty = layout::chunks(s.capacity) - 1;
                pass_chunk(s, empty, to, to.capacity / layout::per_chunk, owner);
                s.capacity -= layout::per_chunk;
                to.capacity += layout::per_chunk;
            }
            E::relocate(layout::at(to, high), from);
            in_high.note(h, high);
            high = layout::after(high);
            if (--end == n) {
                return;
            }
            last = layout::before(last);
            from = layout::at(s, last);
            h = hash(end, *from);
        }
        if (from != e) {
            E::relocate(e, from);
        }
        in_low.note(h, low);
    }
}

/// One segment fewer. Throws as split does.
template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::merge_last() {
    const std::size_t number = directory_.size() - 1;
    const std::size_t other = number - std::bit_floor(number);
    segment& last = directory_[number];
    segment& into = directory_[other];
    const hashes hash(*this, last);
    const std::uint32_t total = last.count + into.count;
    if (total == 0) {
        give_back(into);
    } else {
        if (total > index_room(into)) {
            rebuild(into, fewer_groups(total), other, total);
        }
        if constexpr (layout::has_array) {
            if (last.capacity < layout::per_chunk) {
                grow_array(into, total, other);
            } else if (into.capacity < layout::per_chunk) {
                grow_array(into, layout::per_chunk, other); // the others come as they are
            }
        }
    }
    typename placing::vacancies vacant;
    placing place(into, vacant);
    if constexpr (layout::has_array) {
        join(into, other, last, hash, place);
    } else {
        each_element(last, [&](std::size_t n, element* e) { place(e, hash(n, *e)); });
        into = place.s;
    }
    free_array(last);
    free_index(last);
    directory_.pop(memory_);
    set_numbers();
    set_shrink_at(directory_[other]);
    if (directory_.size() == 1) {
        memory_.trim();
    }
}

/// Of arrays: the elements of `last` behind those of `into`, which is segment `owner`. Full chunks
/// come as they are, before the one that `into` fills in part: its elements alone are numbered
/// anew, and only what fills that chunk up is moved. Requires: groups for all.
template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::join(segment& into, std::size_t owner, segment& last,
                                  const hashes& hash, placing& place) noexcept {
    constexpr std::uint32_t per_chunk = layout::per_chunk;
    std::uint32_t id = layout::nth(into.count); // of the next
    if (last.capacity < per_chunk) {
        each_element(last, [&](std::size_t n, element* e) {
            E::relocate(layout::at(into, id), e);
            place.note(hash(n, *layout::at(into, id)), id);
            id = layout::after(id);
        });
        into.count += last.count;
        return;
    }
    const std::uint32_t own = into.count / per_chunk;
    const std::uint32_t own_rest = into.count % per_chunk;
    const std::uint32_t full = last.count / per_chunk;
    std::uint32_t rest = last.count % per_chunk;
    while (layout::chunks(into.capacity) > layout::chunks(into.count)) {
        give_last_chunk(into);
    }
    if (own_rest != 0 && full != 0) {
        for (std::uint32_t i = 0; i < own_rest; ++i) {
            const std::uint32_t before = (own << layout::shift) + i;
            renumber(into, *layout::at(into, before), before, before + (full << layout::shift));
        }
        layout::chunk(into, own + full) = layout::chunk(into, own);
    }
    for (std::uint32_t c = 0; c < full; ++c) {
        pass_chunk(last, c, into, own + c, owner);
        element* const first = layout::chunk(into, own + c);
        for (std::uint32_t i = 0; i < per_chunk; ++i) {
            place.note(hash(c * per_chunk + i, first[i]), ((own + c) << layout::shift) + i);
        }
    }
    // The end of the last chunk fills up the one before it.
    element* const from = rest == 0 ? nullptr : layout::chunk(last, full);
    id = ((own + full) << layout::shift) + own_rest;
    if (own_rest != 0) {
        for (std::uint32_t room = per_chunk - own_rest; room != 0 && rest != 0; --room, ++id) {
            --rest;
            element* const to = layout::at(into, id);
            E::relocate(to, from + rest);
            place.note(hash(full * per_chunk + rest, *to), id);
        }
    }
    std::uint32_t passed = full;
    if (rest != 0) {
        const std::uint32_t to = own + full + (own_rest != 0 ? 1 : 0);
        pass_chunk(last, full, into, to, owner);
        ++passed;
        for (std::uint32_t i = 0; i < rest; ++i) {
            place.note(hash(full * per_chunk + i, from[i]), (to << layout::shift) + i);
        }
    }
    into.count += last.count;
    into.capacity = layout::chunks(into.count) * per_chunk;
    // What wasn't passed on is the end's.
    const std::uint32_t held = layout::chunks(last.capacity);
    for (std::uint32_t c = passed; c < held; ++c) {
        give_chunk(layout::chunk(last, c));
    }
    last.capacity = 0;
}

} // namespace ebb::detail
