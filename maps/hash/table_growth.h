// hash_table's steps of growing and shrinking: an array or an index anew, one split, one merge.
// Each allocates before it moves anything, and moves nothing that can throw.
#pragma once

#include <ebb/maps/hash/table.h> // NOLINT(misc-header-include-cycle): this is its second half

namespace ebb::detail {

/// The hashes of a segment's elements, in the order of each_slot or of the array. Where the hash
/// function may throw they are all taken before the first element moves; else as they are needed.
template <class E, class H, class Q, class A>
struct hash_table<E, H, Q, A>::hashes {
    static constexpr bool early = hash_throws<key_type>;

    hashes(hash_table& of, const segment& s) : table(of), bytes(s.count * sizeof(std::uint64_t)) {
        if constexpr (early) {
            if (bytes == 0) {
                return;
            }
            all = static_cast<std::uint64_t*>(of.memory_.allocate(bytes, alignof(std::uint64_t)));
            try {
                std::size_t n = 0;
                const auto take = [&](const element& e) { all[n++] = table.hash_of(E::key(e)); };
                if constexpr (layout::has_array) {
                    for (std::uint32_t id = 0; id < s.count; ++id) {
                        take(s.elements[id]);
                    }
                } else {
                    each_slot(s, [&](std::uint32_t g, std::uint32_t i) {
                        take(*layout::element(s, g, i));
                    });
                }
            } catch (...) {
                of.memory_.deallocate(all, bytes, alignof(std::uint64_t));
                throw;
            }
        }
    }
    hashes(const hashes&) = delete;
    hashes& operator=(const hashes&) = delete;
    ~hashes() {
        if (all != nullptr) {
            table.memory_.deallocate(all, bytes, alignof(std::uint64_t));
        }
    }

    [[nodiscard]] std::uint64_t operator()(std::size_t n, const element& e) const noexcept {
        if constexpr (early) {
            return all[n];
        } else {
            return table.hash_of(E::key(e));
        }
    }

    hash_table& table;
    std::size_t bytes;
    std::uint64_t* all = nullptr;
};

template <class E, class H, class Q, class A>
template <class F>
void hash_table<E, H, Q, A>::each_slot(const segment& s, const F& f) {
    for (std::uint32_t g = 0; g < s.group_count; ++g) {
        for (std::uint32_t full = s.groups[g].full_slots(); full != 0; full &= full - 1) {
            f(g, static_cast<std::uint32_t>(std::countr_zero(full)));
        }
    }
}

// The memory of an index and of an array.

template <class E, class H, class Q, class A>
std::size_t hash_table<E, H, Q, A>::index_size(const segment& s) noexcept {
    return s.group_count == 0 ? 0 : index_bytes(s.group_count, layout::slot_bytes);
}

/// As many groups as the pages hold that `groups` need.
template <class E, class H, class Q, class A>
std::uint32_t hash_table<E, H, Q, A>::fill_pages(std::uint32_t groups, bool paged) const noexcept {
    if (!paged || groups == 0) {
        return groups;
    }
    const std::size_t one = index_bytes(1, layout::slot_bytes);
    const std::size_t spare = one - index_bytes(1, 0) - group::slots * layout::slot_bytes;
    const std::size_t pages = align_up(index_bytes(groups, layout::slot_bytes), 4096);
    return static_cast<std::uint32_t>((pages - spare) / (one - spare));
}

template <class Layout>
inline constexpr std::size_t largest_index =
    std::bit_ceil(index_bytes(groups_for(Layout::per_segment * 5 / 2), Layout::slot_bytes));

template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::allocate_index(segment& s, std::uint32_t groups, bool paged) {
    const std::size_t bytes = index_bytes(groups, layout::slot_bytes);
    std::byte* p = nullptr;
    if constexpr (memory::grows_in_place) {
        if (paged) {
            p = static_cast<std::byte*>(
                memory_.growing().allocate_growing(bytes, largest_index<layout>));
        }
    }
    if (p == nullptr) {
        p = static_cast<std::byte*>(memory_.allocate(bytes, alignof(group)));
    }
    index_bytes_ += bytes;
    std::memset(static_cast<void*>(p), 0, groups * sizeof(group));
    s.groups = reinterpret_cast<group*>(p);
    s.slots = p + groups * sizeof(group);
    s.group_count = groups;
    s.stale = 0;
}

template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::free_index(segment& s, bool paged) noexcept {
    const std::size_t bytes = index_size(s);
    if (bytes == 0) {
        return;
    }
    index_bytes_ -= bytes;
    if constexpr (memory::grows_in_place) {
        if (paged) {
            memory_.growing().deallocate_growing(s.groups, bytes, largest_index<layout>);
            return;
        }
    }
    memory_.deallocate(s.groups, bytes, alignof(group));
}

/// Elements that a block for `count` has room for: whole pages, or an eighth more.
template <class E, class H, class Q, class A>
std::size_t hash_table<E, H, Q, A>::array_capacity(std::size_t count, bool paged) const {
    const std::size_t bytes = count * sizeof(element);
    if (paged) {
        return align_up(bytes, 4096) / sizeof(element);
    }
    return std::max(count, count < 8 ? std::size_t{4} : count + count / (bytes < 65536 ? 4 : 8));
}

template <class Layout, class Element>
inline constexpr std::size_t largest_array = std::bit_ceil(Layout::per_segment * 5 / 2 *
                                                           sizeof(Element));

template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::allocate_array(segment& s, std::size_t capacity, bool paged) {
    if constexpr (layout::has_array) {
        if (capacity > layout::most) {
            throw std::length_error("hash_map: more keys than the hash function can tell apart");
        }
        const std::size_t bytes = capacity * sizeof(element);
        void* p = nullptr;
        if constexpr (memory::grows_in_place && alignof(element) <= 4096) {
            if (paged) {
                p = memory_.growing().allocate_growing(bytes, largest_array<layout, element>);
            }
        }
        if (p == nullptr) {
            p = memory_.allocate(bytes, alignof(element));
        }
        array_bytes_ += bytes;
        s.elements = static_cast<element*>(p);
        s.capacity = static_cast<std::uint32_t>(capacity);
    }
}

template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::free_array(segment& s, bool paged) noexcept {
    if constexpr (layout::has_array) {
        if (s.capacity == 0) {
            return;
        }
        const std::size_t bytes = s.capacity * sizeof(element);
        array_bytes_ -= bytes;
        if constexpr (memory::grows_in_place && alignof(element) <= 4096) {
            if (paged) {
                memory_.growing().deallocate_growing(s.elements, bytes,
                                                     largest_array<layout, element>);
                return;
            }
        }
        memory_.deallocate(s.elements, bytes, alignof(element));
    }
}

/// Room for `least` elements, in place where the memory can do that.
template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::grow_array(segment& s, std::size_t least) {
    if constexpr (layout::has_array) {
        const std::size_t capacity = array_capacity(least, paged());
        if constexpr (memory::grows_in_place && alignof(element) <= 4096) {
            const std::size_t bytes = s.capacity * sizeof(element);
            const std::size_t more = capacity * sizeof(element);
            if (paged() && s.capacity != 0 && capacity <= layout::most &&
                memory_.growing().resize(s.elements, bytes, more, largest_array<layout, element>)) {
                array_bytes_ += more - bytes;
                s.capacity = static_cast<std::uint32_t>(capacity);
                return;
            }
        }
        segment fresh = s;
        allocate_array(fresh, capacity, paged());
        for (std::uint32_t id = 0; id < s.count; ++id) {
            E::relocate(fresh.elements + id, s.elements + id);
        }
        free_array(s, paged());
        s = fresh;
    }
}

/// Gives back what the array has beyond its elements, a sixteenth and a page.
template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::fit_array(segment& s) noexcept {
    if constexpr (layout::has_array) {
        const std::size_t slack = (s.capacity - s.count) * sizeof(element);
        const std::size_t held = s.count * sizeof(element);
        const std::size_t reserved = reserved_in(s);
        if (paged()) {
            if (slack <= held / 16 + 3 * 4096 || s.capacity <= reserved) {
                return;
            }
        } else if (s.count * 2 > s.capacity || s.capacity <= std::max<std::size_t>(reserved, 4)) {
            return;
        }
        const std::size_t capacity =
            array_capacity(std::max<std::size_t>(reserved, s.count + 1), paged());
        if (capacity >= s.capacity) {
            return;
        }
        if constexpr (memory::grows_in_place && alignof(element) <= 4096) {
            const std::size_t bytes = s.capacity * sizeof(element);
            const std::size_t fewer = capacity * sizeof(element);
            if (paged() && memory_.growing().resize(s.elements, bytes, fewer,
                                                    largest_array<layout, element>)) {
                array_bytes_ -= bytes - fewer;
                s.capacity = static_cast<std::uint32_t>(capacity);
                return;
            }
        }
        segment fresh = s;
        try {
            allocate_array(fresh, capacity, paged());
        } catch (const std::bad_alloc&) { // it keeps what it has
            return;
        }
        for (std::uint32_t id = 0; id < s.count; ++id) {
            E::relocate(fresh.elements + id, s.elements + id);
        }
        free_array(s, paged());
        s = fresh;
    }
}

/// Puts an element at `e` into a segment that has room: moves it to its slot, or notes its number.
template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::place(segment& s, element* e, std::uint64_t hash) noexcept {
    const position p = free_slot(s, hash);
    s.groups[p.g].tags[p.i] = group::tag_of(hash);
    if constexpr (layout::has_array) {
        element* const to = s.elements + s.count;
        if (to != e) {
            E::relocate(to, e);
        }
        layout::set_number(s, p.g, p.i, s.count);
    } else {
        E::relocate(layout::element(s, p.g, p.i), e);
    }
    ++s.count;
}

/// The same elements under another number of groups. Throws std::bad_alloc and what the hash
/// throws, nothing changed.
template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::rebuild(segment& s, std::uint32_t groups) {
    const hashes hash(*this, s);
    segment fresh = s;
    fresh.count = 0;
    allocate_index(fresh, fill_pages(groups, paged()), paged());
    std::size_t n = 0;
    if constexpr (layout::has_array) {
        for (; n < s.count; ++n) {
            place(fresh, s.elements + n, hash(n, s.elements[n]));
        }
    } else {
        each_slot(s, [&](std::uint32_t g, std::uint32_t i) {
            element* const e = layout::element(s, g, i);
            place(fresh, e, hash(n++, *e));
        });
    }
    free_index(s, paged());
    s = fresh;
}

template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::set_numbers() noexcept {
    const std::size_t n = directory_.size();
    mask_ = std::bit_ceil(n) - 1;
    half_ = mask_ >> 1;
    split_at_ = n * layout::per_segment;
    // One fewer where the rest would still have room: from the split to here 3/8 of a segment's
    // elements must go, or a map that hovers about one size would split and merge all the time.
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
    constexpr bool array_may_stay = memory::grows_in_place && alignof(element) <= 4096;
    std::size_t going = 0;
    const auto is_going = [&](std::uint64_t h) { return (h & bit) != 0; };
    std::size_t n = 0;
    if constexpr (layout::has_array) {
        for (; n < s.count; ++n) {
            going += is_going(hash(n, s.elements[n])) ? 1 : 0;
        }
    } else {
        each_slot(s, [&](std::uint32_t g, std::uint32_t i) {
            going += is_going(hash(n++, *layout::element(s, g, i))) ? 1 : 0;
        });
    }

    segment low;
    segment high;
    const bool array_stays = array_may_stay && was_paged;
    try {
        const std::size_t staying = s.count - going;
        if (staying != 0) {
            allocate_index(low, fill_pages(groups_for(staying), now_paged), now_paged);
            if (!array_stays) {
                allocate_array(low, array_capacity(staying, now_paged), now_paged);
            }
        }
        if (going != 0) {
            allocate_index(high, fill_pages(groups_for(going), now_paged), now_paged);
            allocate_array(high, array_capacity(going, now_paged), now_paged);
        }
    } catch (...) {
        free_index(low, now_paged);
        free_array(low, now_paged);
        free_index(high, now_paged);
        free_array(high, now_paged);
        throw;
    }
    n = 0;
    if constexpr (layout::has_array) {
        if (array_stays) {
            low.elements = s.elements;
            low.capacity = s.capacity;
        }
        for (; n < s.count; ++n) {
            const std::uint64_t h = hash(n, s.elements[n]);
            place(is_going(h) ? high : low, s.elements + n, h);
        }
        if (!array_stays) {
            free_array(s, was_paged);
        }
    } else {
        each_slot(s, [&](std::uint32_t g, std::uint32_t i) {
            element* const e = layout::element(s, g, i);
            const std::uint64_t h = hash(n++, *e);
            place(is_going(h) ? high : low, e, h);
        });
    }
    free_index(s, was_paged);
    s = low;
    directory_.push(high);
    set_numbers();
    if (s.count == 0) {
        give_back(s);
    } else {
        fit_array(s);
    }
}

/// One segment fewer. Throws as split does.
template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::merge_last() {
    const std::size_t number = directory_.size() - 1;
    segment& last = directory_[number];
    segment& into = directory_[number - std::bit_floor(number)];
    const hashes hash_last(*this, last);
    const hashes hash_into(*this, into);
    const bool was_paged = paged();
    const bool now_paged = was_paged && number > 1;
    const std::size_t total = std::size_t{last.count} + into.count;

    segment fresh;
    if (total != 0) {
        allocate_index(fresh, fill_pages(groups_for(total), now_paged), now_paged);
    }
    std::size_t n = 0;
    if constexpr (layout::has_array) {
        const bool array_stays = was_paged == now_paged && into.capacity != 0;
        if (total != 0) {
            try {
                if (!array_stays) {
                    allocate_array(fresh, array_capacity(total, now_paged), now_paged);
                } else if (into.capacity < total) {
                    grow_array(into, total);
                }
            } catch (...) {
                free_index(fresh, now_paged);
                throw;
            }
        }
        if (array_stays) {
            fresh.elements = into.elements;
            fresh.capacity = into.capacity;
        }
        for (; n < into.count; ++n) {
            place(fresh, into.elements + n, hash_into(n, into.elements[n]));
        }
        for (n = 0; n < last.count; ++n) {
            place(fresh, last.elements + n, hash_last(n, last.elements[n]));
        }
        if (!array_stays) {
            free_array(into, was_paged);
        }
        free_array(last, was_paged);
    } else {
        each_slot(into, [&](std::uint32_t g, std::uint32_t i) {
            element* const e = layout::element(into, g, i);
            place(fresh, e, hash_into(n++, *e));
        });
        n = 0;
        each_slot(last, [&](std::uint32_t g, std::uint32_t i) {
            element* const e = layout::element(last, g, i);
            place(fresh, e, hash_last(n++, *e));
        });
    }
    free_index(into, was_paged);
    free_index(last, was_paged);
    into = fresh;
    if (total == 0) {
        give_back(into);
    }
    directory_.pop(memory_);
    set_numbers();
    if (directory_.size() == 1) {
        memory_.trim();
    }
}

/// All the memory of a segment without elements.
template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::give_back(segment& s) noexcept {
    free_index(s, paged());
    free_array(s, paged());
    s = segment();
}

template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::shrink(segment& s) noexcept {
    const std::size_t reserved = reserved_in(s);
    if (s.count == 0 && reserved == 0) {
        give_back(s);
        return;
    }
    fit_array(s);
    const std::size_t most = most_in_groups(s.group_count);
    const std::size_t wanted = std::max<std::size_t>(s.count, reserved);
    // A quarter of the elements may go and come again without a rebuild. An index beside an array
    // is small: it waits longer.
    constexpr std::size_t percent = layout::has_array ? 40 : 55;
    const bool too_large = s.group_count > 1 && wanted * 100 < most * percent;
    const bool too_stale = s.stale > s.count / 2 + 2 * group::slots;
    if (too_large || too_stale) {
        try {
            rebuild(s, too_large ? groups_for(wanted) : s.group_count);
        } catch (...) { // no memory, or no hash: it stays as it is, and is looked at again
        }
    }
}

template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::merge_if_small(std::size_t but) noexcept {
    // Two at a time catch up with what iterators had to leave.
    for (int i = 0; i < 2 && std::max(size_, reserved_) < merge_at_; ++i) {
        const std::size_t last = directory_.size() - 1;
        if (but == last || but == last - std::bit_floor(last)) {
            return;
        }
        try {
            merge_last();
        } catch (...) { // as in shrink
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
    if (s.count >= most_in_groups(s.group_count)) {
        const std::uint32_t n = s.group_count;
        rebuild(s, n + std::max<std::uint32_t>(n / 4, 1));
    }
    if constexpr (layout::has_array) {
        if (s.count == s.capacity) {
            grow_array(s, std::size_t{s.count} + 1);
        }
    }
}

/// The arguments of `make` may refer to elements, which are about to move: it comes first.
template <class E, class H, class Q, class A>
template <class Make>
typename hash_table<E, H, Q, A>::position hash_table<E, H, Q, A>::add_growing(std::uint64_t hash,
                                                                              const Make& make) {
    alignas(element) std::byte room[sizeof(element)];
    auto* const aside = reinterpret_cast<element*>(room);
    make(aside);
    try {
        make_room(hash);
    } catch (...) {
        end(aside);
        throw;
    }
    return add_here(segment_of(hash), hash, [&](element* at) { E::relocate(at, aside); });
}

template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::remove(const position& p) {
    segment& s = *p.in;
    if constexpr (layout::has_array) {
        element* const last = s.elements + (s.count - 1);
        if (p.at != last) {
            // The last element's slot: its number tells it from others of the same tag.
            const std::uint64_t hash = hash_of(E::key(*last));
            const std::uint8_t tag = group::tag_of(hash);
            std::uint32_t g = home_group(hash, s.group_count);
            for (bool found = false; !found; g = g + 1 == s.group_count ? 0 : g + 1) {
                for (std::uint32_t fit = s.groups[g].match(tag); fit != 0; fit &= fit - 1) {
                    const auto i = static_cast<std::uint32_t>(std::countr_zero(fit));
                    if (layout::number(s, g, i) == s.count - 1) {
                        layout::set_number(s, g, i, static_cast<std::uint32_t>(p.at - s.elements));
                        found = true;
                        break;
                    }
                }
            }
        }
        end(p.at);
        if (p.at != last) {
            E::relocate(p.at, last);
        }
    } else {
        end(p.at);
    }
    group& g = s.groups[p.g];
    g.tags[p.i] = 0;
    s.stale += g.overflow != 0 ? 1 : 0;
    --s.count;
    --size_;
}

template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::clear() noexcept {
    for (std::size_t n = 0; n < directory_.size(); ++n) {
        segment& s = directory_[n];
        if constexpr (E::is_node || !std::is_trivially_destructible_v<element>) {
            if constexpr (layout::has_array) {
                for (std::uint32_t id = 0; id < s.count; ++id) {
                    end(s.elements + id);
                }
            } else {
                each_slot(s,
                          [&](std::uint32_t g, std::uint32_t i) { end(layout::element(s, g, i)); });
            }
        }
        give_back(s);
    }
    directory_.release(memory_);
    memory_.trim();
    size_ = 0;
    reserved_ = 0;
    left_large_ = none;
    set_numbers();
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

/// Room for `count` elements, kept until clear() or shrink_to_fit(). Throws std::bad_alloc; what
/// was made until then stays.
template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::reserve(std::size_t count) {
    if (count <= size_ && reserved_ == 0) {
        return;
    }
    while (split_at_ < count) {
        split();
    }
    reserved_ = count;
    for (std::size_t n = 0; n < directory_.size(); ++n) {
        segment& s = directory_[n];
        const std::size_t wanted = reserved_in(s);
        if (most_in_groups(s.group_count) < wanted) {
            rebuild(s, groups_for(wanted));
        }
        if constexpr (layout::has_array) {
            if (s.capacity < wanted) {
                grow_array(s, wanted);
            }
        }
    }
}

template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::shrink_to_fit() noexcept {
    reserved_ = 0;
    while (size_ < merge_at_) {
        const std::size_t before = directory_.size();
        merge_if_small();
        if (directory_.size() == before) {
            break;
        }
    }
    for (std::size_t n = 0; n < directory_.size(); ++n) {
        segment& s = directory_[n];
        shrink(s);
        if (s.count != 0 && fill_pages(groups_for(s.count), paged()) < s.group_count) {
            try {
                rebuild(s, groups_for(s.count));
            } catch (...) { // it stays as it is
            }
        }
    }
    memory_.trim();
}

template <class E, class H, class Q, class A>
template <class F>
void hash_table<E, H, Q, A>::for_each(const F& f) const {
    for (std::size_t n = 0; n < directory_.size(); ++n) {
        const segment& s = directory_[n];
        if constexpr (layout::has_array) {
            for (std::uint32_t id = 0; id < s.count; ++id) {
                f(E::value(s.elements[id]));
            }
        } else {
            each_slot(s, [&](std::uint32_t g, std::uint32_t i) {
                f(E::value(*layout::element(s, g, i)));
            });
        }
    }
}

} // namespace ebb::detail
