// hash_container: what hash_map, hash_set and their node kin have in common: all that needs no
// mapped value.
#pragma once

#include <ebb/maps/hash/handle.h>
#include <ebb/maps/hash/iterator.h>
#include <ebb/maps/hash/table.h>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <memory>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>

namespace ebb::detail {

/// A key of another type, where hash and comparison take it.
template <class K, class Hash, class Equal>
concept transparent_key = requires {
    typename Hash::is_transparent;
    typename Equal::is_transparent;
};

template <class Elements, class Hash, class Equal, class Arena>
class hash_container {
  protected:
    using table = hash_table<Elements, Hash, Equal, Arena>;
    using position = typename table::position;
    using element = typename table::element;
    using memory = typename table::memory;

    static constexpr bool has_own = is_own_memory<Arena>;
    static constexpr bool has_std = is_std_allocator<Arena>;
    static constexpr bool has_arena = !has_own && !has_std;
    /// What a constructor takes to say where the bytes come from.
    using source = std::conditional_t<has_arena, Arena&, const Arena&>;

    template <class K>
    static constexpr bool is_other_key =
        transparent_key<K, Hash, Equal> &&
        !std::is_same_v<std::remove_cvref_t<K>, typename Elements::key_type>;

  public:
    using key_type = typename Elements::key_type;
    using value_type = typename Elements::value_type;
    using size_type = std::size_t;
    using difference_type = std::ptrdiff_t;
    using hasher = Hash;
    using key_equal = Equal;
    using arena_type = Arena;
    using allocator_type = Arena;
    static constexpr bool is_set = std::is_same_v<key_type, value_type>;
    using iterator = hash_iterator<table, is_set>;
    using const_iterator = hash_iterator<table, true>;
    using reference = value_type&;
    using const_reference = const value_type&;
    using pointer = value_type*;
    using const_pointer = const value_type*;
    using node_type = element_handle<Elements>;
    struct insert_return_type {
        iterator position;
        bool inserted;
        node_type node;
    };

    // Constructors: of the standard's, those with a bucket count; it is a number of elements here,
    // to reserve.
    hash_container() requires(has_own || (has_std && std::default_initializable<Arena>))
        : hash_container(made(), 0, Hash(), Equal()) {}
    explicit hash_container(
        size_type room, const Hash& hash = Hash(),
        const Equal& equal = Equal()) requires(has_own ||
                                               (has_std && std::default_initializable<Arena>))
        : hash_container(made(), room, hash, equal) {}
    explicit hash_container(source from, size_type room = 0, const Hash& hash = Hash(),
                            const Equal& equal = Equal()) requires(!has_own)
        : hash_container(memory(from), room, hash, equal) {}
    hash_container(size_type room, source from) requires(has_std)
        : hash_container(memory(from), room, Hash(), Equal()) {}
    hash_container(size_type room, const Hash& hash, source from) requires(has_std)
        : hash_container(memory(from), room, hash, Equal()) {}
    hash_container(size_type room, const Hash& hash, const Equal& equal,
                   source from) requires(!has_own)
        : hash_container(memory(from), room, hash, equal) {}

    template <std::input_iterator It>
    hash_container(It first, It last, size_type room = 0, const Hash& hash = Hash(),
                   const Equal& equal = Equal()) requires(has_own ||
                                                          (has_std &&
                                                           std::default_initializable<Arena>))
        : hash_container(made(), room, hash, equal) {
        insert(first, last);
    }
    template <std::input_iterator It>
    hash_container(It first, It last, source from, size_type room = 0, const Hash& hash = Hash(),
                   const Equal& equal = Equal()) requires(!has_own)
        : hash_container(memory(from), room, hash, equal) {
        insert(first, last);
    }
    template <std::input_iterator It>
    hash_container(It first, It last, size_type room, source from) requires(has_std)
        : hash_container(first, last, from, room) {}
    template <std::input_iterator It>
    hash_container(It first, It last, size_type room, const Hash& hash,
                   source from) requires(has_std)
        : hash_container(first, last, from, room, hash) {}
    template <std::input_iterator It>
    hash_container(It first, It last, size_type room, const Hash& hash, const Equal& equal,
                   source from) requires(has_std)
        : hash_container(first, last, from, room, hash, equal) {}

    hash_container(std::initializer_list<value_type> list, size_type room = 0,
                   const Hash& hash = Hash(),
                   const Equal& equal = Equal()) requires(has_own ||
                                                          (has_std &&
                                                           std::default_initializable<Arena>))
        : hash_container(list.begin(), list.end(), room, hash, equal) {}
    hash_container(std::initializer_list<value_type> list, source from, size_type room = 0,
                   const Hash& hash = Hash(), const Equal& equal = Equal()) requires(!has_own)
        : hash_container(list.begin(), list.end(), from, room, hash, equal) {}
    hash_container(std::initializer_list<value_type> list, size_type room,
                   source from) requires(has_std)
        : hash_container(list.begin(), list.end(), from, room) {}
    hash_container(std::initializer_list<value_type> list, size_type room, const Hash& hash,
                   source from) requires(has_std)
        : hash_container(list.begin(), list.end(), from, room, hash) {}
    hash_container(std::initializer_list<value_type> list, size_type room, const Hash& hash,
                   const Equal& equal, source from) requires(has_std)
        : hash_container(list.begin(), list.end(), from, room, hash, equal) {}

    hash_container(const hash_container& other)
        : table_(other.table_, other.table_.from().for_copy()) {}
    hash_container(const hash_container& other, source from) requires(!has_own)
        : table_(other.table_, memory(from)) {}
    hash_container(hash_container&& other) noexcept : table_(std::move(other.table_)) {
        touch(other);
    }
    hash_container(hash_container&& other, source from) requires(!has_own)
        : table_(memory(from), other.hash_function(), other.key_eq()) {
        take(other);
    }
    hash_container& operator=(const hash_container& other) {
        if (this != &other) {
            if constexpr (has_std && memory::propagates_copy) {
                table copy(other.table_, memory(other.table_.from().source()));
                table_.exchange(copy);
            } else if constexpr (has_own) {
                table copy(other.table_, memory());
                table_.exchange(copy);
            } else {
                table copy(other.table_, memory(table_.from()));
                table_.exchange(copy);
            }
            touch(*this);
        }
        return *this;
    }
    hash_container& operator=(hash_container&& other) noexcept(!has_std ||
                                                               memory::propagates_move ||
                                                               memory::always_equal) {
        if (this == &other) {
            return *this;
        }
        if constexpr (!has_std || memory::propagates_move) {
            table taken(std::move(other.table_));
            table_.exchange(taken);
            touch(other);
        } else {
            table fresh(memory(table_.from()), other.hash_function(), other.key_eq());
            table_.exchange(fresh);
            take(other);
        }
        touch(*this);
        return *this;
    }
    ~hash_container() = default;

    /// O(1). Both need the same memory where it does not swap along, as the standard has it.
    void swap(hash_container& other) noexcept {
        table_.swap(other.table_);
        touch(*this);
        touch(other);
    }

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

    [[nodiscard]] iterator find(const key_type& key) {
        return iterator(table_, table_.look(key, table_.hash_of(key)));
    }
    [[nodiscard]] const_iterator find(const key_type& key) const {
        return const_iterator(table_, table_.look(key, table_.hash_of(key)));
    }
    template <class K>
    requires is_other_key<K>
    [[nodiscard]] iterator find(const K& key) {
        return iterator(table_, table_.look(key, table_.hash_of(key)));
    }
    template <class K>
    requires is_other_key<K>
    [[nodiscard]] const_iterator find(const K& key) const {
        return const_iterator(table_, table_.look(key, table_.hash_of(key)));
    }
    [[nodiscard]] bool contains(const key_type& key) const {
        return bool(table_.look(key, table_.hash_of(key)));
    }
    template <class K>
    requires is_other_key<K>
    [[nodiscard]] bool contains(const K& key) const {
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

    std::pair<iterator, bool> insert(const value_type& v) { return insert_value(v); }
    std::pair<iterator, bool> insert(value_type&& v) { return insert_value(std::move(v)); }
    iterator insert(const_iterator, const value_type& v) { return insert_value(v).first; }
    iterator insert(const_iterator, value_type&& v) { return insert_value(std::move(v)).first; }
    /// In batches: the hashes of sixteen and the lines that they need come before the first insert.
    template <std::input_iterator It>
    void insert(It first, It last);
    void insert(std::initializer_list<value_type> list) { insert(list.begin(), list.end()); }
    insert_return_type insert(node_type&& handle) {
        if (handle.empty()) {
            return {end(), false, {}};
        }
        const auto [at, added] = insert_apart(handle.key(), [&](element* to) {
            handle.construct(
                [&]<class... T>(T&&... parts) { table_.make(to, std::forward<T>(parts)...); });
        });
        if (added) {
            handle = node_type();
        }
        return {at, added, std::move(handle)};
    }
    iterator insert(const_iterator, node_type&& handle) {
        insert_return_type done = insert(std::move(handle));
        handle = std::move(done.node);
        return done.position;
    }

    /// Where the first of the arguments is the key, made in its place; else made first, and moved
    /// in where its key isn't there.
    template <class... Args>
    std::pair<iterator, bool> emplace(Args&&... args);
    template <class... Args>
    iterator emplace_hint(const_iterator, Args&&... args) {
        return emplace(std::forward<Args>(args)...).first;
    }

    /// Gives back what the map doesn't need any more, a bounded step at a time.
    size_type erase(const key_type& key) { return erase_key(key); }
    template <class K>
    requires(is_other_key<K> && !std::convertible_to<K, iterator> &&
             !std::convertible_to<K, const_iterator>) size_type erase(K&& key) {
        return erase_key(key);
    }
    /// The element after it; a loop that erases as it goes sees each element once.
    iterator erase(const_iterator at);
    iterator erase(iterator at) requires(!is_set) { return erase(const_iterator(at)); }
    iterator erase(const_iterator first, const_iterator last);

    [[nodiscard]] node_type extract(const_iterator at) {
        node_type handle;
        const position p = at.where(); // by its key, which then moves
        handle.take(const_cast<value_type&>(*at));
        erase_at(at, p);
        return handle;
    }
    [[nodiscard]] node_type extract(const key_type& key) { return extract_key(key); }
    template <class K>
    requires(is_other_key<K> && !std::convertible_to<K, iterator> &&
             !std::convertible_to<K, const_iterator>) [[nodiscard]] node_type extract(K&& key) {
        return extract_key(key);
    }

    /// Moves over what isn't here yet; the rest stays.
    template <class H2, class Q2, class A2>
    void merge(hash_container<Elements, H2, Q2, A2>& other);
    template <class H2, class Q2, class A2>
    void merge(hash_container<Elements, H2, Q2, A2>&& other) {
        merge(other);
    }

    void clear() noexcept {
        table_.clear();
        touch(*this);
    }
    /// Memory for `count` elements, held until clear() or shrink_to_fit(). O(count).
    /// Throws std::length_error, nothing changed, beyond max_size().
    void reserve(size_type count) {
        if (count > max_size()) {
            throw std::length_error("hash_map::reserve: more than max_size()");
        }
        table_.reserve(count);
        touch(*this);
    }
    void rehash(size_type count) { reserve(count); }
    /// Ends a reservation and gives back all that can be given back. O(size).
    void shrink_to_fit() {
        table_.shrink_to_fit();
        touch(*this);
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
    [[nodiscard]] allocator_type get_allocator() const noexcept requires(has_std) {
        return table_.from().source();
    }

    [[nodiscard]] float load_factor() const noexcept {
        const size_type slots = bucket_count();
        return slots == 0 ? 0.0F : static_cast<float>(size()) / static_cast<float>(slots);
    }
    /// 13/15, by construction; setting it does nothing.
    [[nodiscard]] float max_load_factor() const noexcept { return 13.0F / 15.0F; }
    void max_load_factor(float) noexcept {}
    /// Slots, as near as this map comes to buckets.
    [[nodiscard]] size_type bucket_count() const noexcept { return table_.slot_count(); }

    /// The bytes asked of the memory, by part and by content. Constant time.
    [[nodiscard]] ebb::footprint footprint() const noexcept { return table_.footprint(); }
    [[nodiscard]] ebb::composition composition() const noexcept { return table_.composition(); }
    /// Walks everything and stops the program where an invariant is broken.
    void validate() const { table_.validate(); }

  protected:
    template <class, class, class, class>
    friend class hash_container;

    hash_container(memory from, size_type room, const Hash& hash, const Equal& equal)
        : table_(std::move(from), hash, equal) {
        if (room != 0) {
            table_.reserve(room);
        }
    }

    static memory made() {
        if constexpr (has_std) {
            return memory(Arena());
        } else {
            return memory();
        }
    }

    template <class It>
    static std::pair<It, It> range_of(It first, It last) {
        if (first == last) {
            return {last, last};
        }
        It next = first;
        return {first, ++next};
    }

    // Ends every iterator, where they are checked.
    static void touch([[maybe_unused]] hash_container& c) noexcept {
#ifndef NDEBUG
        c.table_.next_version();
#endif
    }

    template <class... Args>
    static constexpr bool starts_with_key() noexcept {
        if constexpr (sizeof...(Args) == (is_set ? 1 : 2)) {
            return std::is_same_v<std::remove_cvref_t<std::tuple_element_t<0, std::tuple<Args...>>>,
                                  key_type>;
        } else {
            return false;
        }
    }
    template <class First, class... Rest>
    static const First& first_of(const First& first, const Rest&...) noexcept {
        return first;
    }
    template <class... Args>
    std::pair<iterator, bool> emplace_aside(Args&&... args);

    template <class K, class Make>
    std::pair<iterator, bool> insert_made(const K& key, const Make& make) {
        const std::uint64_t hash = table_.hash_of(key);
        if (const position p = table_.look(key, hash)) {
            return {iterator(table_, p), false};
        }
        const position p = table_.add(hash, make);
        touch(*this);
        return {iterator(table_, p), true};
    }
    // As insert_made, of parts that lie outside of this map, and that stay whole when it fails:
    // they move when there is room.
    template <class K, class Make>
    std::pair<iterator, bool> insert_apart(const K& key, const Make& make) {
        const std::uint64_t hash = table_.hash_of(key);
        if (const position p = table_.look(key, hash)) {
            return {iterator(table_, p), false};
        }
        table_.make_room_for(hash);
        const position p = table_.add(hash, make);
        touch(*this);
        return {iterator(table_, p), true};
    }
    // A move that fails between key and value would leave half an element: such types are copied.
    static decltype(auto) movable_if_whole(value_type& v) noexcept {
        if constexpr (Elements::moves_whole) {
            return std::move(v);
        } else {
            return std::as_const(v);
        }
    }
    template <class V>
    std::pair<iterator, bool> insert_value(V&& v) {
        return insert_made(Elements::key_of(v), [&](element* to) {
            if constexpr (is_set || std::is_lvalue_reference_v<V>) {
                table_.make(to, std::forward<V>(v));
            } else {
                table_.make(to, std::move(const_cast<key_type&>(v.first)), std::move(v.second));
            }
        });
    }

    iterator erase_at(const_iterator at, const position& p) noexcept;

    template <class K>
    size_type erase_key(const K& key) {
        const position p = table_.look(key, table_.hash_of(key));
        if (!p) {
            return 0;
        }
        table_.remove(p);
        table_.shrink_after_removal(*p.in);
        touch(*this);
        return 1;
    }
    template <class K>
    node_type extract_key(const K& key) {
        node_type handle;
        if (const position p = table_.look(key, table_.hash_of(key))) {
            handle.take(Elements::value(*p.at));
            table_.remove(p);
            table_.shrink_after_removal(*p.in);
            touch(*this);
        }
        return handle;
    }

    // Element by element, where the memory can't come along.
    void take(hash_container& other) {
        if (table_.from().same_as(other.table_.from())) {
            table_.swap(other.table_);
            return;
        }
        merge(other);
        other.clear();
    }

    table table_;
};

template <class Elements, class Hash, class Equal, class Arena>
template <std::input_iterator It>
void hash_container<Elements, Hash, Equal, Arena>::insert(It first, It last) {
    using from = std::iter_reference_t<It>;
    if constexpr (std::forward_iterator<It> && std::is_lvalue_reference_v<from> &&
                  std::is_same_v<std::remove_cvref_t<from>, value_type>) {
        constexpr std::size_t batch = 16;
        while (first != last) {
            std::uint64_t hashes[batch];
            It end = first;
            std::size_t count = 0;
            for (; count < batch && end != last; ++end, ++count) {
                hashes[count] = table_.hash_of(Elements::key_of(*end));
                table_.prefetch(hashes[count]);
            }
            for (std::size_t i = 0; i < count; ++i, ++first) {
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
    alignas(element) std::byte room[sizeof(element)];
    auto* const aside = reinterpret_cast<element*>(room);
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
auto hash_container<Elements, Hash, Equal, Arena>::erase_at(const_iterator at,
                                                            const position& p) noexcept
    -> iterator {
    const_iterator next = at;
    ++next;
    const std::size_t here = at.number_;
    const std::size_t there = next.at_ == nullptr ? table::none : next.number_;
    table_.remove(p);
    table_.shrink_behind(here, there);
    touch(*this);
    iterator result;
    result.table_ = &table_;
    result.at_ = next.at_;
    result.number_ = next.number_;
    result.g_ = next.g_;
    result.rest_ = next.rest_;
    result.renew();
    return result;
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
    iterator next;
    next.table_ = &table_;
    next.at_ = first.at_;
    next.number_ = first.number_;
    next.g_ = first.g_;
    next.rest_ = first.rest_;
    next.renew();
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
    for (auto it = other.begin(); it != other.end();) {
        value_type& v = const_cast<value_type&>(*it);
        using from = typename hash_container<Elements, H2, Q2, A2>::const_iterator;
        const auto p = from(it).where(); // by its key, which then moves
        const auto done = insert_apart(Elements::key_of(v), [&](element* to) {
            if constexpr (is_set || !Elements::moves_whole) {
                table_.make(to, movable_if_whole(v));
            } else {
                table_.make(to, std::move(const_cast<key_type&>(v.first)), std::move(v.second));
            }
        });
        if (done.second) {
            it = other.erase_at(it, p);
        } else {
            ++it;
        }
    }
}

/// Equal when each has the elements of the other; mapped values by ==.
template <class E, class H, class Q, class A>
[[nodiscard]] bool operator==(const hash_container<E, H, Q, A>& a,
                              const hash_container<E, H, Q, A>& b) {
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

template <class E, class H, class Q, class A>
void swap(hash_container<E, H, Q, A>& a, hash_container<E, H, Q, A>& b) noexcept {
    a.swap(b);
}

/// Erases what the predicate holds for; returns how many.
template <class E, class H, class Q, class A, class Predicate>
std::size_t erase_if(hash_container<E, H, Q, A>& c, Predicate predicate) {
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

} // namespace ebb::detail
