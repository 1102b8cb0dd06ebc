// hash_container's longer functions: insert of ranges, emplace, erase, merge.
#pragma once

#include <ebb/maps/hash/container.h> // NOLINT(misc-header-include-cycle): this is a part of it

namespace ebb::detail {

template <class Elements, class Hash, class Equal, class Arena>
template <element_iterator It>
void hash_container<Elements, Hash, Equal, Arena>::insert(It first, It last) {
    using from = decltype(*first);
    if constexpr (std::forward_iterator<It> && std::is_lvalue_reference_v<from> &&
                  std::is_same_v<std::remove_cvref_t<from>, value_type> && !Elements::copies) {
        tell_of_copies();
    } else if constexpr (std::forward_iterator<It> && std::is_lvalue_reference_v<from> &&
                         std::is_same_v<std::remove_cvref_t<from>, value_type>) {
        constexpr std::size_t batch = 16;
        while (first != last) {
            std::uint64_t hashes[batch];
            It ahead = first;
            std::size_t count = 0;
            for (; count < batch && ahead != last; static_cast<void>(++ahead), ++count) {
                hashes[count] = table_.hash_of(Elements::key_of(*ahead));
                table_.prefetch(hashes[count]);
            }
            for (std::size_t i = 0; i < count; ++i, static_cast<void>(++first)) {
                const value_type& v = *first;
                if (!table_.look(Elements::key_of(v), hashes[i])) {
                    table_.add(hashes[i], [&](element* to) { table_.make(to, v); });
                    touch(*this);
                }
            }
        }
    } else {
        for (; first != last; ++first) {
            if constexpr (std::is_same_v<std::remove_cvref_t<from>, value_type>) {
                insert_value(*first);
            } else {
                emplace(*first);
            }
        }
    }
}

template <class Elements, class Hash, class Equal, class Arena>
template <class... Args>
auto hash_container<Elements, Hash, Equal, Arena>::emplace(Args&&... args)
    -> std::pair<iterator, bool> {
    if constexpr (starts_with_key<Args...>()) {
        return insert_made(first_of(args...),
                           [&](element* to) { table_.make(to, std::forward<Args>(args)...); });
    } else {
        return emplace_aside(std::forward<Args>(args)...);
    }
}

template <class Elements, class Hash, class Equal, class Arena>
template <class... Args>
auto hash_container<Elements, Hash, Equal, Arena>::emplace_aside(Args&&... args)
    -> std::pair<iterator, bool> {
    apart<element> room;
    element* const aside = room.get();
    table_.make(aside, std::forward<Args>(args)...);
    struct guard {
        table& of;
        element* e;
        ~guard() {
            if (e != nullptr) {
                of.end(e);
            }
        }
    } made{table_, aside};
    return insert_made(Elements::key(*aside), [&](element* to) {
        Elements::relocate(to, aside);
        made.e = nullptr;
    });
}

template <class Elements, class Hash, class Equal, class Arena>
auto hash_container<Elements, Hash, Equal, Arena>::erase(const_iterator at) -> iterator {
    const position p = at.where();
    return erase_at(at, p);
}

// The element at `at`, which is at `p`; its key may have been moved from.
template <class Elements, class Hash, class Equal, class Arena>
auto hash_container<Elements, Hash, Equal, Arena>::erase_at(const_iterator at, const position& p,
                                                            bool leaves) noexcept -> iterator {
    const_iterator next = at;
    ++next;
    const std::size_t here = at.number_;
    const std::size_t there = next.at_ == nullptr ? table::none : next.number_;
    const std::uint32_t slot = next.slot_or_none();
    table_.remove(p, leaves);
    table_.shrink_behind(here, there);
    next.place(slot);
    touch(*this);
    return writable(next);
}

// The same place, for changes, and after them.
template <class Elements, class Hash, class Equal, class Arena>
auto hash_container<Elements, Hash, Equal, Arena>::writable(const const_iterator& at) noexcept
    -> iterator {
    iterator same;
    same.table_ = &table_;
    same.at_ = at.at_;
    same.number_ = at.number_;
    same.g_ = at.g_;
    same.rest_ = at.rest_;
    same.renew();
    return same;
}

template <class Elements, class Hash, class Equal, class Arena>
auto hash_container<Elements, Hash, Equal, Arena>::erase(const_iterator first, const_iterator last)
    -> iterator {
    // `last` moves with the elements: counted, not compared with.
    auto count = std::distance(first, last);
    if (first == cbegin() && last == cend()) {
        clear();
        return end();
    }
    iterator next = writable(first);
    for (; count > 0; --count) {
        next = erase(const_iterator(next));
    }
    return next;
}

template <class Elements, class Hash, class Equal, class Arena>
template <class H2, class Q2, class A2>
void hash_container<Elements, Hash, Equal, Arena>::merge(
    hash_container<Elements, H2, Q2, A2>& other) {
    if (static_cast<const void*>(&other) == static_cast<const void*>(this)) {
        return;
    }
    constexpr bool same_nodes = Elements::is_node && std::is_same_v<Arena, A2>;
    static_assert(same_nodes || Elements::moves,
                  "hash_map: elements that can't be moved can't be merged into other memory");
    bool in_place = false; // nodes come over as they are
    [[maybe_unused]] bool all_at_home = false;
    if constexpr (same_nodes) {
        in_place = table::nodes::takes(table_.from(), table::nodes::keeper_of(other.table_.from()));
        all_at_home = !other.table_.node_memory().has_lent();
    }
    for (auto it = other.begin(); it != other.end();) {
        value_type& v = const_cast<value_type&>(*it);
        using from = typename hash_container<Elements, H2, Q2, A2>::const_iterator;
        const auto p = from(it).where();
        const auto done = insert_apart(Elements::key_of(v), [&](element* to) {
            if constexpr (same_nodes) {
                if (in_place) {
                    std::construct_at(to, *p.at);
                    table_.node_memory().accept(table_.from(), *p.at);
                    return;
                }
            }
            make_moved(to, v);
        });
        if (done.second) {
            it = other.erase_at(it, p, in_place);
        } else {
            ++it;
        }
    }
    if constexpr (same_nodes) {
        if (all_at_home) {
            table_.node_memory().adopt(table_.from(), other.table_.node_memory(),
                                       other.table_.from());
        }
    }
}

} // namespace ebb::detail

namespace ebb {

/// Erases what the predicate holds for; returns how many.
template <class E, class H, class Q, class A, class Predicate>
std::size_t erase_if(detail::hash_container<E, H, Q, A>& c, Predicate predicate) {
    const std::size_t before = c.size();
    for (auto it = c.begin(); it != c.end();) {
        if (predicate(*it)) {
            it = c.erase(it);
        } else {
            ++it;
        }
    }
    return before - c.size();
}

} // namespace ebb
