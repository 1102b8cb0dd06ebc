// hash_table's steps of growing and shrinking: an array or an index anew, one split, one merge.
// Each allocates before it moves anything, and moves nothing that can throw.
#pragma once

#include <ebb/alloc/base/exceptions.h>
#include <ebb/maps/hash/table.h> // NOLINT(misc-header-include-cycle): this is a part of it

namespace ebb::detail {

/// The same elements under another number of groups, in growing blocks or not. Throws
/// std::bad_alloc and what the hash throws, nothing changed.
template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::rebuild(segment& s, std::uint32_t groups, bool to_pages) {
    const hashes hash(*this, s);
    segment fresh = s;
    fresh.count = 0;
    allocate_index(fresh, fill_pages(groups, to_pages), to_pages);
    typename placing::vacancies vacant;
    placing place(fresh, vacant);
    each_element(s, [&](std::size_t n, element* e) { place(e, hash(n, *e)); });
    free_index(s, paged());
    s = place.s;
    set_shrink_at(s);
}

template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::set_numbers() noexcept {
    const std::size_t n = directory_.size();
    mask_ = std::bit_ceil(n) - 1;
    half_ = mask_ >> 1;
    split_at_ = n * layout::per_segment;
    // One fewer where the rest would still have room: from the split to here 3/8 of a segment's
    // elements must go, or a map that hovers about one size would split and merge all the time. For
    // an array 6/8 were tried: erasing all took 5 % less, and a quarter left 1.13 x its elements
    // instead of 1.10.
    merge_at_ = (n - 1) * layout::per_segment / 8 * 5;
}

/// One segment more. Throws std::bad_alloc and what the hash throws, nothing changed.
template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::split() {
    directory_.make_room(memory_);
    const std::size_t number = directory_.size();
    const std::size_t bit = std::bit_floor(number);
    segment& s = directory_[number - bit];
    const hashes hash(*this, s);

    const bool was_paged = paged();
    constexpr bool now_paged = memory::grows_in_place;
    std::size_t going = 0;
    const auto is_going = [&](std::uint64_t h) { return (h & bit) != 0; };
    each_element(s, [&](std::size_t n, element* e) { going += is_going(hash(n, *e)) ? 1 : 0; });

    segment low;
    segment high;
    bool array_stays = false;
    if constexpr (layout::has_array) {
        array_stays = in_pages(s.capacity); // its far end goes back to the system in place
    }
    EBB_TRY {
        const std::size_t staying = s.count - going;
        if (staying != 0) {
            allocate_index(low, fill_pages(first_groups(staying), now_paged), now_paged);
            if (!array_stays) {
                allocate_array(low, array_capacity(staying));
            }
        }
        if (going != 0) {
            allocate_index(high, fill_pages(first_groups(going), now_paged), now_paged);
            allocate_array(high, array_capacity(going));
            populate_array(high, going);
        }
    }
    EBB_CATCH(...) {
        free_index(low, now_paged);
        free_array(low);
        free_index(high, now_paged);
        free_array(high);
        EBB_RETHROW;
    }
    if constexpr (layout::has_array) {
        if (array_stays) {
            low.elements = s.elements;
            low.capacity = s.capacity;
        }
    }
    typename placing::vacancies vacant_low;
    typename placing::vacancies vacant_high;
    placing in_low(low, vacant_low);
    placing in_high(high, vacant_high);
    if (array_stays) {
        // The last that stays comes into the place of the first that goes: half of them don't move.
        if constexpr (layout::has_array) {
            std::uint32_t end = s.count;
            for (std::uint32_t n = 0; n < end; ++n) {
                std::uint64_t h = hash(n, s.elements[n]);
                if (is_going(h)) {
                    in_high(s.elements + n, h);
                    while (n < --end && is_going(h = hash(end, s.elements[end]))) {
                        in_high(s.elements + end, h);
                    }
                    if (n == end) {
                        break;
                    }
                    E::relocate(s.elements + n, s.elements + end);
                }
                in_low.note(h);
            }
        }
    } else {
        each_element(s, [&](std::size_t n, element* e) {
            const std::uint64_t h = hash(n, *e);
            (is_going(h) ? in_high : in_low)(e, h); // no branch: half of them go
        });
        free_array(s);
    }
    free_index(s, was_paged);
    s = in_low.s;
    directory_.push(in_high.s);
    set_numbers();
    shrink(s);
    set_shrink_at(directory_[number]);
}

/// One segment fewer. Throws as split does.
template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::merge_last() {
    const std::size_t number = directory_.size() - 1;
    segment& last = directory_[number];
    segment& into = directory_[number - std::bit_floor(number)];
    const hashes hash(*this, last);
    const bool was_paged = paged();
    const bool now_paged = was_paged && number > 1;
    const std::uint32_t total = last.count + into.count;
    if (total == 0) {
        give_back(into);
    } else {
        if constexpr (layout::has_array) {
            if (into.capacity < total) {
                grow_array(into, total);
            }
        }
        // Last of what may fail: an index of the wrong kind of memory couldn't be freed.
        if (total > most_in_groups<layout>(into.group_count) || was_paged != now_paged) {
            rebuild(into, groups_for<layout>(total), now_paged);
        }
    }
    typename placing::vacancies vacant;
    placing place(into, vacant);
    each_element(last, [&](std::size_t n, element* e) { place(e, hash(n, *e)); });
    into = place.s;
    free_array(last);
    free_index(last, was_paged);
    directory_.pop(memory_);
    set_numbers();
    set_shrink_at(directory_[number - std::bit_floor(number)]);
    if (directory_.size() == 1) {
        memory_.trim();
    }
}

/// All the memory of a segment without elements.
template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::give_back(segment& s) noexcept {
    free_index(s, paged());
    free_array(s);
    s = segment();
}

template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::shrink(segment& s) noexcept {
    const std::size_t reserved = reserved_in(s);
    if (s.count == 0 && reserved == 0) {
        give_back(s);
        if (size_ == 0) {
            reseed(next_seed(seed_));
        }
        return;
    }
    EBB_TRY {
        fit_array(s);
        const bool too_large = std::max<std::size_t>(s.count, reserved) <= least_elements(s);
        if (too_large || s.stale > stale_most(s)) {
            rebuild(s,
                    too_large ? groups_for<layout>(std::max<std::size_t>(s.count, reserved))
                              : s.group_count,
                    paged());
        }
    }
    EBB_CATCH(...) { // no memory, or no hash: it stays as it is, and is looked at again
        s.stale = 0;
    }
    set_shrink_at(s);
}

template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::set_shrink_at(segment& s) const noexcept {
    std::size_t at = least_elements(s);
    if (reserved_in(s) >= at) {
        at = 0;
    }
    if constexpr (layout::has_array) {
        // Pages at the array's end.
        const std::size_t step = std::max<std::size_t>(
            s.count / 64, in_pages(s.capacity) ? 8192 / sizeof(element) : s.count / 2);
        at = std::max<std::size_t>(at, s.count - std::min<std::size_t>(s.count, step + 1));
    }
    s.shrink_at = static_cast<std::uint32_t>(at);
}

template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::merge_if_small(std::size_t but) noexcept {
    // Two at a time catch up with what iterators had to leave.
    for (int i = 0; i < 2 && std::max(size_, reserved_) < merge_at_; ++i) {
        const std::size_t last = directory_.size() - 1;
        if (but == last || but == last - std::bit_floor(last)) {
            return;
        }
        EBB_TRY {
            merge_last();
        }
        EBB_CATCH(...) { // as in shrink
            return;
        }
    }
}

template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::shrink_behind(std::size_t here, std::size_t there) noexcept {
    const std::size_t before = std::exchange(left_large_, here == there ? here : none);
    if (before != none && before != there && before < directory_.size()) {
        shrink(directory_[before]);
    }
    if (here != there && here != before) {
        shrink(directory_[here]);
    }
    merge_if_small(there);
}

/// Room for one element of this hash.
template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::make_room(std::uint64_t hash) {
    if (size_ >= split_at_) {
        split();
    }
    segment& s = segment_of(hash);
    if (s.count >= most_in_groups<layout>(s.group_count)) {
        rebuild(s, more_groups(s.group_count), paged());
    }
    if constexpr (layout::has_array) {
        if (s.count == s.capacity) {
            grow_array(s, std::size_t{s.count} + 1);
            set_shrink_at(s); // else it is as large as at its last split until it is as small again
        }
    }
}

/// What reserve() wants this segment to have room for: its share, and four standard deviations.
/// A segment that this round's splits have still to come to has a double share.
template <class E, class H, class Q, class A>
std::size_t hash_table<E, H, Q, A>::reserved_in(const segment& s) const noexcept {
    if (reserved_ == 0 || directory_.size() == 1) {
        return reserved_;
    }
    const std::size_t n = number_of(s);
    const bool whole = n <= half_ && n + half_ + 1 >= directory_.size();
    const std::size_t share = reserved_ / (mask_ + 1) * (whole ? 2 : 1) + 1;
    return share + (std::size_t{4} << (std::bit_width(share) / 2));
}

/// Room for `count` elements, kept until clear() or shrink_to_fit(). Throws std::bad_alloc, the map
/// as it was.
template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::reserve(std::size_t count) {
    if (count <= size_ && reserved_ == 0) {
        return;
    }
    memory_.expect(count * sizeof(value_type));
    const std::size_t before = std::exchange(reserved_, count);
    EBB_TRY {
        while (split_at_ < count) {
            split();
        }
        for (std::size_t n = 0; n < directory_.size(); ++n) {
            segment& s = directory_[n];
            const std::size_t wanted = reserved_in(s);
            if (most_in_groups<layout>(s.group_count) < wanted) {
                rebuild(s, groups_for<layout>(wanted), paged());
            }
            if constexpr (layout::has_array) {
                if (s.capacity < wanted) {
                    grow_array(s, wanted);
                }
            }
        }
    }
    EBB_CATCH(...) {
        reserved_ = before;
        give_back_all();
        EBB_RETHROW;
    }
}

/// What neither elements nor a reservation need. O(size).
template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::give_back_all() noexcept {
    for (std::size_t before = 0; before != directory_.size();) {
        before = directory_.size();
        merge_if_small();
    }
    for (std::size_t n = 0; n < directory_.size(); ++n) {
        segment& s = directory_[n];
        shrink(s);
        const std::size_t least = std::max<std::size_t>(s.count, reserved_in(s));
        if (s.count != 0 && fill_pages(groups_for<layout>(least), paged()) < s.group_count) {
            EBB_TRY {
                rebuild(s, groups_for<layout>(least), paged());
            }
            EBB_CATCH(...) { // it stays as it is
            }
        }
    }
    memory_.trim();
}

template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::shrink_to_fit() noexcept {
    reserved_ = 0;
    give_back_all();
}

} // namespace ebb::detail
