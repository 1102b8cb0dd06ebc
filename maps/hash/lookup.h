// hash_lookup: of hash_map, hash_set and their node kin, what doesn't change them: look-up,
// iteration, sizes, accounts.
#pragma once

#include <ebb/maps/hash/handle.h>
#include <ebb/maps/hash/iterator.h>
#include <ebb/maps/hash/table.h>

#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace ebb::detail {

/// A key of another type, where hash and comparison take it.
template <class K, class Hash, class Equal>
concept transparent_key = requires {
    typename Hash::is_transparent;
    typename Equal::is_transparent;
};

/// For deduction, as the standard has it: what is an allocator, and what is no hash or comparison.
template <class A>
concept is_allocator = requires(A& a) {
    typename A::value_type;
    a.allocate(std::size_t{1});
};
/// What the standard's constructors take as iterators, with those of before C++20: they need no
/// const `*`, and no more than C++17 asks for.
template <class It>
concept element_iterator = std::input_iterator<It> || requires {
    requires std::derived_from<typename std::iterator_traits<It>::iterator_category,
                               std::input_iterator_tag>;
};
template <class... Functions>
concept deduces = ((!std::is_integral_v<Functions> && !is_allocator<Functions>)&&...);

EBB_MAPS_BEGIN
/// Holds the table. Threads: any number that call what is const, or one that doesn't.
template <class Elements, class Hash, class Equal, class Arena>
class hash_lookup {
  protected:
    using table = hash_table<Elements, Hash, Equal, Arena>;
    using position = typename table::position;
    using memory = typename table::memory;

    static constexpr bool has_own = is_own_memory<Arena>;
    static constexpr bool has_std = is_std_allocator<Arena>;

    template <class K>
    static constexpr bool is_other_key =
        transparent_key<K, Hash, Equal> &&
        !std::is_same_v<std::remove_cvref_t<K>, typename Elements::key_type>;

    template <class, class, class, class>
    friend class hash_container; // merge takes from a map of another hash or memory

  public:
    using key_type = typename Elements::key_type;
    using value_type = typename Elements::value_type;
    using size_type = std::size_t;
    using difference_type = std::ptrdiff_t;
    using hasher = Hash;
    using key_equal = Equal;
    using arena_type = Arena;
    using allocator_type = std::conditional_t<has_own, std::allocator<value_type>, Arena>;
    static constexpr bool is_set = std::is_same_v<key_type, value_type>;
    using iterator = hash_iterator<table, is_set>;
    using const_iterator = hash_iterator<table, true>;
    using reference = value_type&;
    using const_reference = const value_type&;
    using pointer = value_type*;
    using const_pointer = const value_type*;
    using node_type =
        std::conditional_t<Elements::is_node, node_handle<Elements, Arena>,
                           element_handle<Elements, handle_allocator_of<Arena, value_type>>>;

    [[nodiscard]] iterator begin() noexcept { return iterator::first(table_); }
    [[nodiscard]] const_iterator begin() const noexcept { return const_iterator::first(table_); }
    [[nodiscard]] const_iterator cbegin() const noexcept { return begin(); }
    [[nodiscard]] iterator end() noexcept { return iterator(table_, {}); }
    [[nodiscard]] const_iterator end() const noexcept { return const_iterator(table_, {}); }
    [[nodiscard]] const_iterator cend() const noexcept { return end(); }

    [[nodiscard]] bool empty() const noexcept { return size() == 0; }
    [[nodiscard]] size_type size() const noexcept { return table_.size(); }
    [[nodiscard]] size_type max_size() const noexcept {
        return (size_type{1} << 48) / // what a process can address
               (sizeof(value_type) + 1);
    }

    [[nodiscard]] [[gnu::always_inline]] iterator find(const key_type& key) {
        return iterator(table_, table_.look(key, table_.hash_of(key)));
    }
    [[nodiscard]] [[gnu::always_inline]] const_iterator find(const key_type& key) const {
        return const_iterator(table_, table_.look(key, table_.hash_of(key)));
    }
    template <class K>
    requires is_other_key<K>
    [[nodiscard]] [[gnu::always_inline]] iterator find(const K& key) {
        return iterator(table_, table_.look(key, table_.hash_of(key)));
    }
    template <class K>
    requires is_other_key<K>
    [[nodiscard]] [[gnu::always_inline]] const_iterator find(const K& key) const {
        return const_iterator(table_, table_.look(key, table_.hash_of(key)));
    }
    [[nodiscard]] [[gnu::always_inline]] bool contains(const key_type& key) const {
        return bool(table_.look(key, table_.hash_of(key)));
    }
    template <class K>
    requires is_other_key<K>
    [[nodiscard]] [[gnu::always_inline]] bool contains(const K& key) const {
        return bool(table_.look(key, table_.hash_of(key)));
    }
    [[nodiscard]] size_type count(const key_type& key) const { return contains(key) ? 1 : 0; }
    template <class K>
    requires is_other_key<K>
    [[nodiscard]] size_type count(const K& key) const { return contains(key) ? 1 : 0; }
    [[nodiscard]] std::pair<iterator, iterator> equal_range(const key_type& key) {
        return range_of(find(key), end());
    }
    [[nodiscard]] std::pair<const_iterator, const_iterator> equal_range(const key_type& key) const {
        return range_of(find(key), end());
    }
    template <class K>
    requires is_other_key<K>
    [[nodiscard]] std::pair<iterator, iterator> equal_range(const K& key) {
        return range_of(find(key), end());
    }
    template <class K>
    requires is_other_key<K>
    [[nodiscard]] std::pair<const_iterator, const_iterator> equal_range(const K& key) const {
        return range_of(find(key), end());
    }

    /// f(element) for every element, faster than iterators. f must not insert or erase.
    template <class F>
    void for_each(F f) {
        table_.for_each([&](value_type& v) {
            if constexpr (is_set) {
                f(std::as_const(v));
            } else {
                f(v);
            }
        });
    }
    template <class F>
    void for_each(F f) const {
        table_.for_each([&](const value_type& v) { f(v); });
    }

    [[nodiscard]] hasher hash_function() const { return table_.hash_function(); }
    [[nodiscard]] key_equal key_eq() const { return table_.key_equal(); }
    /// The arena that the map was made with, or its own memory.
    [[nodiscard]] auto& arena() const noexcept requires(!has_std) { return table_.from().source(); }
    /// The allocator that the map was made with. A map with memory of its own answers with that of
    /// operator new, where its small blocks come from, so that it can stand in std::unordered_map's
    /// place; it takes none.
    [[nodiscard]] allocator_type get_allocator() const noexcept requires(has_std || has_own) {
        if constexpr (has_own) {
            return {};
        } else {
            return table_.from().source();
        }
    }

    [[nodiscard]] float load_factor() const noexcept {
        const size_type slots = bucket_count();
        return slots == 0 ? 0.0F : static_cast<float>(size()) / static_cast<float>(slots);
    }
    /// 1, of a map with 15 elements; beyond them at most 13 of 15 slots are taken. Setting it does
    /// nothing.
    [[nodiscard]] float max_load_factor() const noexcept { return 1.0F; }
    void max_load_factor(float) noexcept {}
    /// Slots, as near as this map comes to buckets.
    [[nodiscard]] size_type bucket_count() const noexcept { return table_.slot_count(); }

    /// The bytes asked of the memory, by part and by content. Constant time.
    [[nodiscard]] ebb::footprint footprint() const noexcept { return table_.footprint(); }
    [[nodiscard]] ebb::composition composition() const noexcept { return table_.composition(); }
    /// Walks everything and stops the program where an invariant is broken.
    void validate() const { table_.validate(); }

  protected:
    hash_lookup(memory from, const Hash& hash, const Equal& equal)
        : table_(std::move(from), hash, equal) {}
    hash_lookup(const hash_lookup& other, memory from) : table_(other.table_, std::move(from)) {}
    hash_lookup(hash_lookup&& other) noexcept = default;
    hash_lookup& operator=(hash_lookup&&) = delete;
    ~hash_lookup() = default;

    template <class It>
    static std::pair<It, It> range_of(It first, It last) {
        if (first == last) {
            return {last, last};
        }
        It next = first;
        return {first, ++next};
    }

    table table_;
};
EBB_MAPS_END

/// Equal when each has the elements of the other; mapped values by ==.
template <class E, class H, class Q, class A>
[[nodiscard]] bool operator==(const hash_lookup<E, H, Q, A>& a, const hash_lookup<E, H, Q, A>& b) {
    if (a.size() != b.size()) {
        return false;
    }
    for (const auto& v : a) {
        const auto it = b.find(E::key_of(v));
        if (it == b.end() || !(*it == v)) {
            return false;
        }
    }
    return true;
}

} // namespace ebb::detail
