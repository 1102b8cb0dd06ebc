// hash_table's memory: a segment's index and its array.
#pragma once

#include <ebb/alloc/base/exceptions.h>
#include <ebb/maps/hash/table.h> // NOLINT(misc-header-include-cycle): this is a part of it

namespace ebb::detail {

template <class E, class H, class Q, class A>
std::size_t hash_table<E, H, Q, A>::index_size(const segment& s) noexcept {
    return align_up(s.group_count * layout::group_bytes, alignof(group));
}

/// As many groups as the pages hold that `groups` need.
template <class E, class H, class Q, class A>
std::uint32_t hash_table<E, H, Q, A>::fill_pages(std::uint32_t groups, bool paged) const noexcept {
    if (!paged || groups == 0) {
        return groups;
    }
    return static_cast<std::uint32_t>(align_up(groups * layout::group_bytes, 4096) /
                                      layout::group_bytes);
}

template <class Layout>
inline constexpr std::size_t largest_index =
    std::bit_ceil(groups_for<Layout>(Layout::per_segment * 5 / 2) * Layout::group_bytes);

template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::allocate_index(segment& s, std::uint32_t groups, bool paged) {
    const std::size_t bytes = align_up(groups * layout::group_bytes, alignof(group));
    std::byte* p = nullptr;
    if constexpr (memory::grows_in_place) {
        if (paged) {
            p = static_cast<std::byte*>(
                memory_.growing().allocate_growing(bytes, largest_index<layout>));
        }
    }
    if (p == nullptr) {
        p = static_cast<std::byte*>(memory_.template allocate<alignof(group)>(bytes));
    }
    index_bytes_ += bytes;
    groups_ += groups;
    if constexpr (layout::has_array) {
        std::memset(static_cast<void*>(p), 0, bytes);
    } else {
        std::memset(static_cast<void*>(p), 0, groups * sizeof(group));
    }
    s.groups = reinterpret_cast<group*>(p);
    if constexpr (!layout::has_array) {
        s.slots = p + groups * sizeof(group);
    }
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
    groups_ -= s.group_count;
    if constexpr (memory::grows_in_place) {
        if (paged) {
            memory_.growing().deallocate_growing(s.groups, bytes, largest_index<layout>);
            return;
        }
    }
    memory_.template deallocate<alignof(group)>(s.groups, bytes);
}

/// Elements that a block for `count` has room for: whole pages, or some more.
template <class E, class H, class Q, class A>
std::size_t hash_table<E, H, Q, A>::array_capacity(std::size_t count) noexcept {
    if (in_pages(count)) {
        return align_up(count * sizeof(element), 4096) / sizeof(element);
    }
    return count < 4 ? 4 : count + count / (count * sizeof(element) < large_array ? 2 : 8);
}

template <class Layout, class Element>
inline constexpr std::size_t largest_array = std::bit_ceil(Layout::per_segment * 5 / 2 *
                                                           sizeof(Element));

template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::allocate_array(segment& s, std::size_t capacity) {
    if constexpr (layout::has_array) {
        if (capacity > layout::most) {
            throw_length_error("hash_map: more keys than the hash function can tell apart");
        }
        const std::size_t bytes = capacity * sizeof(element);
        void* p = nullptr;
        if constexpr (memory::grows_in_place) {
            if (in_pages(capacity)) {
                p = memory_.growing().allocate_growing(bytes, largest_array<layout, element>);
            }
        }
        if (p == nullptr) {
            p = memory_.template allocate<alignof(element)>(bytes);
        }
        array_bytes_ += bytes;
        s.elements = static_cast<element*>(p);
        s.capacity = static_cast<std::uint32_t>(capacity);
    }
}

/// So many elements are about to come.
template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::populate_array([[maybe_unused]] segment& s,
                                            [[maybe_unused]] std::size_t count) noexcept {
    if constexpr (layout::has_array && memory::grows_in_place) {
        if constexpr (requires { memory_.growing().populate(s.elements, count); }) {
            if (in_pages(s.capacity)) {
                memory_.growing().populate(s.elements, count * sizeof(element));
            }
        }
    }
}

template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::free_array(segment& s) noexcept {
    if constexpr (layout::has_array) {
        if (s.capacity == 0) {
            return;
        }
        const std::size_t bytes = s.capacity * sizeof(element);
        array_bytes_ -= bytes;
        if constexpr (memory::grows_in_place) {
            if (in_pages(s.capacity)) {
                memory_.growing().deallocate_growing(s.elements, bytes,
                                                     largest_array<layout, element>);
                return;
            }
        }
        memory_.template deallocate<alignof(element)>(s.elements, bytes);
    }
}

/// Room for `least` elements, in place where the memory can do that.
template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::grow_array(segment& s, std::size_t least) {
    if constexpr (layout::has_array) {
        const std::size_t capacity = array_capacity(least);
        if constexpr (memory::grows_in_place) {
            const std::size_t bytes = s.capacity * sizeof(element);
            const std::size_t more = capacity * sizeof(element);
            if (in_pages(s.capacity) && capacity <= layout::most &&
                memory_.growing().resize(s.elements, bytes, more, largest_array<layout, element>)) {
                array_bytes_ += more - bytes;
                s.capacity = static_cast<std::uint32_t>(capacity);
                return;
            }
        }
        segment fresh = s;
        allocate_array(fresh, capacity);
        for (std::uint32_t id = 0; id < s.count; ++id) {
            E::relocate(fresh.elements + id, s.elements + id);
        }
        free_array(s);
        s = fresh;
    }
}

/// Gives back what the array has beyond its elements, a sixty-fourth and a page.
template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::fit_array(segment& s) {
    if constexpr (layout::has_array) {
        const std::size_t slack = (s.capacity - s.count) * sizeof(element);
        const std::size_t held = s.count * sizeof(element);
        const std::size_t reserved = reserved_in(s);
        if (in_pages(s.capacity)) {
            if (slack <= held / 64 + 4096 || s.capacity <= reserved) {
                return;
            }
        } else if (s.count * 2 > s.capacity || s.capacity <= std::max<std::size_t>(reserved, 4)) {
            return;
        }
        const std::size_t capacity = array_capacity(std::max<std::size_t>(reserved, s.count + 1));
        if (capacity >= s.capacity) {
            return;
        }
        if constexpr (memory::grows_in_place) {
            const std::size_t bytes = s.capacity * sizeof(element);
            const std::size_t fewer = capacity * sizeof(element);
            if (in_pages(s.capacity) && in_pages(capacity) &&
                memory_.growing().resize(s.elements, bytes, fewer,
                                         largest_array<layout, element>)) {
                array_bytes_ -= bytes - fewer;
                s.capacity = static_cast<std::uint32_t>(capacity);
                return;
            }
        }
        segment fresh = s;
        EBB_TRY {
            allocate_array(fresh, capacity);
        }
        EBB_CATCH(const std::bad_alloc&) { // it keeps what it has
            return;
        }
        for (std::uint32_t id = 0; id < s.count; ++id) {
            E::relocate(fresh.elements + id, s.elements + id);
        }
        free_array(s);
        s = fresh;
    }
}

} // namespace ebb::detail
