// hash_table's growing and shrinking: groups anew, what a segment gives back, when to split and
// merge. Each step allocates before it moves anything, and moves nothing that can throw.
#pragma once

#include <ebb/alloc/base/exceptions.h>
#include <ebb/maps/hash/table.h> // NOLINT(misc-header-include-cycle): this is a part of it

namespace ebb::detail {

/// The same elements of segment `number` under another number of groups; or in a crowd, where it is
/// to hold `least` and they are too many for groups. Throws std::bad_alloc and what the hash
/// throws, nothing changed.
template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::rebuild(segment& s, std::uint32_t groups, std::size_t number,
                                     [[maybe_unused]] std::size_t least) {
    const hashes hash(*this, s);
    segment fresh = s;
    fresh.count = 0;
    if constexpr (layout::has_array) {
        fresh.tag_bits = cell::most_tag_bits;
        least = std::max<std::size_t>(least, s.capacity);
        if (least > layout::most) {
            allocate_crowd(fresh, least);
        } else {
            while (layout::entries(groups) < layout::chunks(s.capacity)) {
                ++groups;
            }
        }
    }
    if (!layout::is_crowded(fresh)) {
        allocate_index(fresh, fill(groups, in_chunks()), in_chunks(), number);
    }
    typename placing::vacancies vacant;
    placing place(fresh, vacant);
    if constexpr (layout::has_array) {
        for (std::uint32_t n = 0; n < layout::chunks(s.capacity); ++n) {
            layout::chunk(fresh, n) = layout::chunk(s, n);
        }
        std::uint32_t id = 0;
        each_element(s, [&](std::size_t n, element* e) {
            place.note(hash(n, *e), id);
            id = layout::after(id);
        });
    } else {
        each_element(s, [&](std::size_t n, element* e) { place(e, hash(n, *e)); });
    }
    free_index(s);
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

/// All the memory of a segment without elements.
template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::give_back(segment& s) noexcept {
    free_array(s);
    free_index(s);
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
                    too_large ? fewer_groups(std::max<std::size_t>(s.count, reserved))
                              : s.group_count,
                    number_of(s));
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
        if (s.capacity > layout::per_chunk) { // one chunk fewer will do
            if (reserved_in(s) <= s.capacity - layout::per_chunk) {
                at = std::max<std::size_t>(at, s.capacity - layout::per_chunk - 1);
            }
        } else {
            at = std::max<std::size_t>(at, s.count - std::min(s.count, s.count / 2 + 1));
        }
    }
    s.shrink_at = static_cast<std::uint32_t>(at);
}

template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::merge_if_small(std::size_t but) noexcept {
    // Two at a time catch up with what iterators had to leave.
    for (int i = 0; i < 2 && std::max(size_, reserved_) < merge_at_; ++i) {
        const std::size_t last = directory_.size() - 1;
        const std::size_t other = last - std::bit_floor(last);
        if (but == last || but == other) {
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
    if constexpr (layout::has_array) {
        // A crowd may be most of the map. Its elements keep their numbers.
        segment& s = directory_[here];
        if (here == there && layout::is_crowded(s) && s.count <= s.shrink_at) {
            shrink(s);
        }
    }
    const std::size_t before = std::exchange(left_large_, here == there ? here : none);
    if (before != none && before != there && before < directory_.size()) {
        shrink(directory_[before]);
    }
    if (here != there && here != before) {
        shrink(directory_[here]);
    }
    merge_if_small(there);
    give_back_chunks();
}

/// Room for one element of this hash.
template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::make_room(std::uint64_t hash) {
    if (size_ >= split_at_) {
        const segment& s = directory_[directory_.size() - std::bit_floor(directory_.size())];
        settle_indexes(first_groups(s.count / 2));
        split();
    }
    segment& s = segment_of(hash);
    if (s.count >= index_room(s)) {
        settle_indexes(more_groups(s));
        rebuild(s, more_groups(s), number_of(s), s.count + std::size_t{1});
    }
    if constexpr (layout::has_array) {
        if (s.count == s.capacity) {
            grow_array(s, std::size_t{s.count} + 1, number_of(s));
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

/// Segments and groups for what is reserved, and the elements' memory. Throws std::bad_alloc with
/// some of it there.
template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::make_room_for_reserved([[maybe_unused]] bool elements_too) {
    while (split_at_ < reserved_) {
        split();
    }
    for (std::size_t n = 0; n < directory_.size(); ++n) {
        segment& s = directory_[n];
        const std::size_t wanted = reserved_in(s);
        if (index_room(s) < wanted) {
            rebuild(s, groups_of(wanted), n, wanted);
        }
        if constexpr (layout::has_array) {
            if (elements_too && s.capacity < wanted) {
                grow_array(s, wanted, n);
            }
        }
    }
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
        make_room_for_reserved(true);
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
        const bool is_large = layout::is_crowded(s)
                                  ? index_room(s) > least + least / 4
                                  : fill(groups_of(least), in_chunks()) < s.group_count;
        if (s.count != 0 && is_large) {
            EBB_TRY {
                rebuild(s, groups_of(least), n);
            }
            EBB_CATCH(...) { // it stays as it is
            }
        }
    }
    fit_chunks();
    memory_.trim();
}

template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::shrink_to_fit() noexcept {
    reserved_ = 0;
    give_back_all();
}

} // namespace ebb::detail
