// hash_table's crowds: segments of more elements than cells can number (crowd.h). Arrays alone have
// them; slots may be any number.
#pragma once

#include <ebb/alloc/base/exceptions.h>
#include <ebb/maps/hash/table.h> // NOLINT(misc-header-include-cycle): this is a part of it

namespace ebb::detail {

/// A cell that matches no tag, and that everything has passed by.
[[nodiscard]] inline cell passes_all() noexcept {
    cell c{};
    c.overflow = 0xff;
    return c;
}

/// Of the pointers to the chunks of so many elements, and to one more.
template <class E, class H, class Q, class A>
std::size_t hash_table<E, H, Q, A>::crowd_table_bytes(std::uint32_t room) noexcept {
    if constexpr (layout::has_array) {
        return align_up((layout::chunks(room) + 1) * sizeof(element*), alignof(cell));
    }
    return 0;
}

/// Of the block.
template <class E, class H, class Q, class A>
std::size_t hash_table<E, H, Q, A>::crowd_bytes(std::uint32_t room) noexcept {
    if constexpr (layout::has_array) {
        return align_up(crowd_table_bytes(room) + sizeof(cell) +
                            crowd::bytes(room, layout::nth(room)),
                        alignof(cell));
    }
    return 0;
}

/// An index for `least` elements and a quarter more. The table's entries are the caller's to write.
template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::allocate_crowd(segment& s, std::size_t least) {
    if constexpr (layout::has_array) {
        // Numbers leave a bit out where a chunk's elements are no power of two.
        constexpr std::size_t most = crowd::most / 2;
        if (least > most) {
            throw_bad_alloc();
        }
        const auto room = static_cast<std::uint32_t>(std::min(least + least / 4, most));
        auto* const p =
            static_cast<std::byte*>(memory_.template allocate<alignof(cell)>(crowd_bytes(room)));
        index_bytes_ += crowd_bytes(room);
        crowd_room_ += room;
        s.groups =
            std::construct_at(reinterpret_cast<cell*>(p + crowd_table_bytes(room)), passes_all());
        std::construct_at(reinterpret_cast<crowd*>(s.groups + 1), room, layout::nth(room));
        s.group_count = 0;
        s.stale = 0;
        s.tag_bits = layout::crowded;
    }
}

template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::free_crowd(segment& s) noexcept {
    const std::uint32_t room = crowd_of(s).room();
    index_bytes_ -= crowd_bytes(room);
    crowd_room_ -= room;
    memory_.template deallocate<alignof(cell)>(
        reinterpret_cast<std::byte*>(s.groups) - crowd_table_bytes(room), crowd_bytes(room));
}

template <class E, class H, class Q, class A>
template <class K>
typename hash_table<E, H, Q, A>::position
hash_table<E, H, Q, A>::look_in_crowd(segment& s, const K& key, std::uint64_t hash) const {
    if constexpr (layout::has_array) {
        const crowd& c = crowd_of(s);
        for (std::uint32_t n = c.first(hash); n != crowd::none; n = c.next(n)) {
            element* const e = layout::at(s, n);
            if (are_equal(E::key(*e), key)) {
                return {&s, n, 0, e};
            }
        }
    }
    return {};
}

/// Requires: room for it.
template <class E, class H, class Q, class A>
template <class Make>
typename hash_table<E, H, Q, A>::position
hash_table<E, H, Q, A>::add_to_crowd(segment& s, std::uint64_t hash, const Make& make) {
    if constexpr (layout::has_array) {
        const std::uint32_t number = layout::nth(s.count);
        element* const at = layout::at(s, number);
        make(at);
        crowd_of(s).add(number, hash);
        ++s.count;
        ++size_;
        return {&s, number, 0, at};
    }
    return {};
}

/// The array's last element comes to `hole`, where the element of `number` ended.
template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::leave_crowd(segment& s, std::uint32_t number, element* hole) noexcept {
    if constexpr (layout::has_array) {
        crowd_of(s).remove(number);
        if (const std::uint32_t end = layout::nth(s.count); number != end) {
            crowd_of(s).renumber(end, number);
            E::relocate(hole, layout::at(s, end));
        }
    }
}

template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::validate_crowd(const segment& s, counts& found) const {
    if constexpr (layout::has_array) {
        const crowd& c = crowd_of(s);
        found.index_bytes += crowd_bytes(c.room());
        std::size_t full = 0;
        std::uint64_t sum = 0;
        // Not each is looked for: of so many the whole chain would be walked each time.
        const std::uint32_t step = s.count / 256 + 1;
        c.validate([&](std::uint32_t n, const auto& is_of) {
            EBB_CHECK(n < layout::nth(s.count) && (n & layout::mask) < layout::per_chunk,
                      "hash_map: a crowd's number is beyond the elements");
            ++full;
            sum += n;
            const element& e = *layout::at(s, n);
            const std::uint64_t hash = hash_of(E::key(e));
            EBB_CHECK(&segment_of(hash) == &s && is_of(hash),
                      "hash_map: an element lies in another's segment, or chain");
            EBB_CHECK(n % step != 0 || !static_cast<bool>(equal_(E::key(e), E::key(e))) ||
                          look(E::key(e), hash).at == std::addressof(e),
                      "hash_map: two elements of one key");
        });
        EBB_CHECK(full == s.count, "hash_map: a segment's count is off");
        EBB_CHECK(sum == sum_of_numbers(s), "hash_map: the numbers of a crowd are off");
    }
}

} // namespace ebb::detail
