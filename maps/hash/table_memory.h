// hash_table's memory: a segment's index, its slots or its array, and the chunks that they are made
// of.
#pragma once

#include <ebb/alloc/base/exceptions.h>
#include <ebb/maps/hash/table.h> // NOLINT(misc-header-include-cycle): this is a part of it

namespace ebb::detail {

template <class E, class H, class Q, class A>
void* hash_table<E, H, Q, A>::take_chunk(std::size_t owner) {
    if constexpr (has_store) {
        if (!layout::has_array || in_chunks() || apart_ >= most_apart) {
            return chunks_.take(memory_, layout::chunk_bytes, 1, owner);
        }
        void* const p = memory_.template allocate<chunk_alignment>(apart_bytes);
        ++apart_;
        return p;
    } else {
        void* const p = chunks_.take(memory_);
        ++apart_;
        return p;
    }
}

template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::give_chunk(void* p) noexcept {
    if constexpr (has_store) {
        if (chunks_.owns(p)) {
            chunks_.give(p, 1);
            return;
        }
        --apart_;
        memory_.template deallocate<chunk_alignment>(p, apart_bytes);
    } else {
        --apart_;
        chunks_.give(memory_, p, apart_, chunks_waiting);
    }
}

/// The nth chunk of one array becomes the mth of another, which is segment `owner`.
template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::pass_chunk(const segment& from, std::uint32_t n, segment& to,
                                        std::uint32_t m, std::size_t owner) noexcept {
    element* const p = layout::chunk(from, n);
    layout::chunk(to, m) = p;
    if constexpr (has_store) {
        if (chunks_.owns(p)) {
            chunks_.set_owner(p, owner);
        }
    }
}

/// A chunk of the segment's comes to lie elsewhere.
template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::moved_chunk(segment& s, void* from, void* to) noexcept {
    if constexpr (!layout::has_array) {
        const std::size_t table = layout::table_bytes(s.group_count);
        if (reinterpret_cast<std::byte*>(s.groups) - table == from) {
            std::memcpy(to, from, layout::chunk_bytes);
            s.groups = reinterpret_cast<group*>(static_cast<std::byte*>(to) + table);
            return;
        }
    }
    std::uint32_t n = 0;
    while (layout::chunk(s, n) != from) {
        ++n;
    }
    auto* const before = static_cast<element*>(from);
    auto* const now = static_cast<element*>(to);
    if constexpr (E::moves_as_bytes) {
        std::memcpy(to, from, layout::chunk_bytes);
    } else if constexpr (layout::has_array) {
        const std::uint32_t first = n * layout::per_chunk;
        for (std::uint32_t i = 0; i < layout::per_chunk && first + i < s.count; ++i) {
            E::relocate(now + i, before + i);
        }
    } else {
        const std::uint32_t first = n * layout::per_chunk;
        for (std::uint32_t g = 0; g < layout::per_chunk && first + g < s.group_count; ++g) {
            std::uint32_t full = s.groups[first + g].full_slots();
            for (; full != 0; full &= full - 1) {
                const auto i =
                    g * group::slots + static_cast<std::uint32_t>(std::countr_zero(full));
                E::relocate(now + i, before + i);
            }
        }
    }
    layout::chunk(s, n) = now;
}

template <class E, class H, class Q, class A>
struct hash_table<E, H, Q, A>::chunk_owner {
    hash_table& of;
    void moved(std::size_t owner, void* from, void* to, std::size_t) noexcept {
        of.moved_chunk(of.directory_[owner], from, to);
    }
};
template <class E, class H, class Q, class A>
struct hash_table<E, H, Q, A>::index_owner {
    hash_table& of;
    void moved(std::size_t owner, void* from, void* to, std::size_t units) noexcept {
        segment& s = of.directory_[owner];
        std::memmove(to, from, units * layout::index_unit); // what slides down may overlap
        s.groups = reinterpret_cast<group*>(static_cast<std::byte*>(to) +
                                            layout::table_bytes(s.group_count));
    }
};

/// What waits beyond its share goes back to the memory. Chunks move. A few pages of indexes wait
/// until chunks go: each call costs, whatever it gives back.
template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::give_back_chunks() noexcept {
    [[maybe_unused]] bool chunks = false;
    if constexpr (has_store) {
        chunks = chunks_.has_too_much(chunks_waiting);
        if (chunks) {
            chunk_owner owner{*this};
            chunks_.give_back(memory_, chunks_waiting, owner);
        }
    } else {
        chunks_.give_back(memory_, apart_, chunks_waiting);
    }
    if constexpr (has_index_store) {
        const chunk_share& waiting = chunks ? indexes_waiting : indexes_waiting_alone;
        if (indexes_.has_too_much(waiting)) {
            index_owner owner{*this};
            indexes_.give_back(memory_, waiting, owner);
        }
    }
}

/// Some slide together where no hole between them holds one of `groups`, and a sixteenth is holes.
/// Requires: no segment but the directory's has an index.
template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::settle_indexes([[maybe_unused]] std::uint32_t groups) noexcept {
    if constexpr (has_index_store) {
        if (in_chunks()) {
            index_owner owner{*this};
            indexes_.settle(index_units(fill(groups, true)), 16, owner);
        }
    }
}

/// All that waits goes back.
template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::fit_chunks() noexcept {
    if constexpr (has_store) {
        chunk_owner owner{*this};
        chunks_.fit(memory_, owner);
    } else {
        chunks_.release(memory_);
    }
    if constexpr (has_index_store) {
        index_owner owner{*this};
        indexes_.fit(memory_, owner);
    }
}

/// Bytes of an index that is a block of its own; slots come with it.
template <class E, class H, class Q, class A>
std::size_t hash_table<E, H, Q, A>::index_size(std::uint32_t groups) noexcept {
    return align_up(layout::table_bytes(groups) + groups * layout::group_bytes, alignof(group));
}

template <class E, class H, class Q, class A>
std::size_t hash_table<E, H, Q, A>::index_units(std::uint32_t groups) noexcept {
    return (index_size(groups) + layout::index_unit - 1) / layout::index_unit;
}

/// As many groups as fill the chunks that `groups` need.
template <class E, class H, class Q, class A>
std::uint32_t hash_table<E, H, Q, A>::fill(std::uint32_t groups, bool in_chunks) noexcept {
    if (!in_chunks || groups == 0) {
        return groups;
    }
    if constexpr (has_index_store) {
        const std::size_t bytes = index_units(groups) * layout::index_unit;
        auto most =
            static_cast<std::uint32_t>(groups + (bytes - index_size(groups)) / sizeof(group));
        while (index_size(most) > bytes) {
            --most;
        }
        return most;
    } else if constexpr (!layout::has_array) {
        const std::uint32_t whole =
            (groups + layout::per_chunk - 1) / layout::per_chunk * layout::per_chunk;
        return whole <= layout::most_groups ? whole : groups;
    }
    return groups;
}

/// Groups without elements. In an array layout the table's entries are the caller's to write.
template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::allocate_index(segment& s, std::uint32_t groups,
                                            [[maybe_unused]] bool in_chunks,
                                            [[maybe_unused]] std::size_t owner) {
    if constexpr (!layout::has_array) {
        if (in_chunks && groups <= layout::most_groups) {
            allocate_slots(s, groups, owner);
            return;
        }
    }
    const std::size_t bytes = index_size(groups);
    const std::size_t table = layout::table_bytes(groups);
    std::byte* p = nullptr;
    if constexpr (has_index_store) {
        if (in_chunks) {
            p = static_cast<std::byte*>(
                indexes_.take(memory_, layout::index_unit, index_units(groups), owner));
        }
    }
    if (p == nullptr) {
        p = static_cast<std::byte*>(memory_.template allocate<alignof(group)>(bytes));
        index_bytes_ += bytes;
    }
    groups_ += groups;
    std::memset(static_cast<void*>(p + table), 0, groups * sizeof(group));
    s.groups = reinterpret_cast<group*>(p + table);
    s.group_count = groups;
    s.stale = 0;
    if constexpr (layout::has_array) {
        s.tag_bits = cell::most_tag_bits;
    } else {
        s.chunks = 0;
        auto* const slots = reinterpret_cast<element*>(p + table + groups * sizeof(group));
        for (std::uint32_t n = 0; n * layout::per_chunk < groups; ++n) {
            layout::chunk(s, n) = slots + std::size_t{n} * layout::per_chunk * group::slots;
        }
    }
}

/// A chunk of tags, and chunks of slots. Requires: `groups` fill them.
template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::allocate_slots(segment& s, std::uint32_t groups, std::size_t owner) {
    segment fresh;
    std::byte* const p = static_cast<std::byte*>(take_chunk(owner));
    fresh.groups = reinterpret_cast<group*>(p + layout::table_bytes(groups));
    std::memset(static_cast<void*>(fresh.groups), 0, groups * sizeof(group));
    EBB_TRY {
        for (std::uint32_t n = 0; n * layout::per_chunk < groups; ++n) {
            layout::chunk(fresh, n) = static_cast<element*>(take_chunk(owner));
            ++fresh.chunks;
        }
    }
    EBB_CATCH(...) {
        for (std::uint32_t n = 0; n < fresh.chunks; ++n) {
            give_chunk(layout::chunk(fresh, n));
        }
        give_chunk(p);
        EBB_RETHROW;
    }
    groups_ += groups;
    s.groups = fresh.groups;
    s.chunks = fresh.chunks;
    s.group_count = groups;
    s.stale = 0;
}

template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::free_index(segment& s) noexcept {
    if (layout::is_crowded(s)) {
        free_crowd(s);
        return;
    }
    if (s.group_count == 0) {
        return;
    }
    const std::size_t bytes = index_size(s.group_count);
    std::byte* const p =
        reinterpret_cast<std::byte*>(s.groups) - layout::table_bytes(s.group_count);
    groups_ -= s.group_count;
    if constexpr (!layout::has_array) {
        if (s.chunks != 0) {
            for (std::uint32_t n = 0; n < s.chunks; ++n) {
                give_chunk(layout::chunk(s, n));
            }
            give_chunk(p);
            return;
        }
    }
    if constexpr (has_index_store) {
        if (indexes_.owns(p)) {
            indexes_.give(p, index_units(s.group_count));
            return;
        }
    }
    index_bytes_ -= bytes;
    memory_.template deallocate<alignof(group)>(p, bytes);
}

/// A part of a chunk.
template <class E, class H, class Q, class A>
typename hash_table<E, H, Q, A>::element* hash_table<E, H, Q, A>::take_small(segment& s,
                                                                             std::size_t capacity) {
    auto* const p = static_cast<element*>(
        memory_.template allocate<alignof(element)>(capacity * sizeof(element)));
    array_bytes_ += capacity * sizeof(element);
    s.capacity = static_cast<std::uint32_t>(capacity);
    return p;
}

template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::give_last_chunk(segment& s) noexcept {
    element* const p = layout::chunk(s, layout::chunks(s.capacity) - 1);
    if (s.capacity < layout::per_chunk) {
        array_bytes_ -= s.capacity * sizeof(element);
        memory_.template deallocate<alignof(element)>(p, s.capacity * sizeof(element));
        s.capacity = 0;
    } else {
        give_chunk(p);
        s.capacity -= layout::per_chunk;
    }
}

/// Requires: the segment still has its index.
template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::free_array(segment& s) noexcept {
    if constexpr (layout::has_array) {
        while (s.capacity != 0) {
            give_last_chunk(s);
        }
    }
}

/// Elements that part of a chunk has room for, for `least`; or a chunk.
template <class Layout>
[[nodiscard]] constexpr std::size_t first_capacity(std::size_t least) noexcept {
    const std::size_t some = least < 4 ? 4 : least + least / 2;
    return some > Layout::per_chunk * std::size_t{3} / 4 ? Layout::per_chunk : some;
}

/// Room for `least` elements. Requires: an index for them. Throws std::bad_alloc with no more than
/// some chunks added.
template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::grow_array(segment& s, std::size_t least, std::size_t owner) {
    if constexpr (layout::has_array) {
        if (s.capacity < layout::per_chunk && s.capacity < least) {
            const std::size_t capacity = first_capacity<layout>(least);
            segment fresh = s;
            element* const to = capacity < layout::per_chunk
                                    ? take_small(fresh, capacity)
                                    : static_cast<element*>(take_chunk(owner));
            if (s.capacity != 0) {
                for (std::uint32_t i = 0; i < s.count; ++i) {
                    E::relocate(to + i, layout::chunk(s, 0) + i);
                }
                give_last_chunk(s);
            }
            layout::chunk(s, 0) = to;
            s.capacity = static_cast<std::uint32_t>(capacity);
        }
        while (s.capacity < least) {
            layout::chunk(s, s.capacity / layout::per_chunk) =
                static_cast<element*>(take_chunk(owner));
            s.capacity += layout::per_chunk;
        }
    }
}

/// Gives back what the array has beyond its elements, what is reserved, and a chunk.
template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::fit_array(segment& s) {
    if constexpr (layout::has_array) {
        const std::size_t least = std::max<std::size_t>(s.count + std::size_t{1}, reserved_in(s));
        while (s.capacity > layout::per_chunk && s.capacity - layout::per_chunk >= least) {
            give_last_chunk(s);
        }
        if (s.capacity > layout::per_chunk || s.capacity <= 4 || s.count * 2 > s.capacity) {
            return;
        }
        const std::size_t capacity = first_capacity<layout>(least);
        if (capacity >= s.capacity) {
            return;
        }
        segment fresh = s;
        element* to = nullptr;
        EBB_TRY {
            to = take_small(fresh, capacity);
        }
        EBB_CATCH(const std::bad_alloc&) { // it keeps what it has
            return;
        }
        for (std::uint32_t i = 0; i < s.count; ++i) {
            E::relocate(to + i, layout::chunk(s, 0) + i);
        }
        give_last_chunk(s);
        layout::chunk(s, 0) = to;
        s.capacity = fresh.capacity;
    }
}

} // namespace ebb::detail
