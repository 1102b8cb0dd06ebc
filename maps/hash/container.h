// hash_container: what hash_map, hash_set and their node kin have in common: all that needs no
// mapped value.
#pragma once

#include <ebb/alloc/base/exceptions.h>
#include <ebb/maps/hash/lookup.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>

namespace ebb::detail {

/// Whether a map can be made without being told where its bytes come from.
template <class Arena>
inline constexpr bool makes_memory_of = is_own_memory<Arena> || (is_std_allocator<Arena> &&
                                                                 std::default_initializable<Arena>);

EBB_MAPS_BEGIN

/// Cost: O(1) a call unless it says more; an insert or erase takes a bounded step at most beside.
template <class Elements, class Hash, class Equal, class Arena>
class hash_container : public hash_lookup<Elements, Hash, Equal, Arena> {
  protected:
    using lookup = hash_lookup<Elements, Hash, Equal, Arena>;
    using table = typename lookup::table;
    using position = typename lookup::position;
    using memory = typename lookup::memory;
    using element = typename table::element;
    using lookup::has_own;
    using lookup::has_std;
    using lookup::table_;
    /// What a constructor takes to say where the bytes come from.
    using source = std::conditional_t<has_own || has_std, const Arena&, Arena&>;

    template <class K>
    static constexpr bool is_other_key = lookup::template is_other_key<K>;
    static constexpr bool makes_memory = makes_memory_of<Arena>;
    static constexpr bool makes_without_throwing =
        std::is_nothrow_default_constructible_v<Hash> &&
        std::is_nothrow_copy_constructible_v<Hash> &&
        std::is_nothrow_default_constructible_v<Equal> &&
        std::is_nothrow_copy_constructible_v<Equal> &&
        (has_own || std::is_nothrow_default_constructible_v<Arena>);

  public:
    using lookup::cbegin;
    using lookup::cend;
    using lookup::end;
    using lookup::is_set;
    using lookup::max_size;
    using typename lookup::const_iterator;
    using typename lookup::iterator;
    using typename lookup::key_type;
    using typename lookup::node_type;
    using typename lookup::size_type;
    using typename lookup::value_type;

    struct insert_return_type {
        iterator position;
        bool inserted;
        node_type node;
    };

    // Constructors: of the standard's, those with a bucket count; it is a number of elements here,
    // to reserve. Their constraints name no constant of this class: where hash_map inherits such a
    // constructor, clang 16 doesn't know it yet.
    hash_container() noexcept(makes_without_throwing) requires(
        makes_memory_of<Arena>&& std::default_initializable<Hash>&&
            std::default_initializable<Equal>)
        : hash_container(made(), 0, Hash(), Equal()) {}
    // Not absent, so that whoever calls it is told what to do.
    hash_container() requires(!makes_memory_of<Arena>) : lookup(nowhere(), Hash(), Equal()) {
        static_assert(has_own,
                      "hash_map: pass the arena to the constructor: this map has no memory "
                      "of its own");
    }
    explicit hash_container(size_type room, const Hash& hash = Hash(),
                            const Equal& equal = Equal()) requires(makes_memory_of<Arena>)
        : hash_container(made(), room, hash, equal) {}
    explicit hash_container(source from, size_type room = 0, const Hash& hash = Hash(),
                            const Equal& equal = Equal()) requires(!is_own_memory<Arena>)
        : hash_container(memory(from), room, hash, equal) {}
    hash_container(size_type room, source from) requires(is_std_allocator<Arena>)
        : hash_container(memory(from), room, Hash(), Equal()) {}
    hash_container(size_type room, const Hash& hash, source from) requires(is_std_allocator<Arena>)
        : hash_container(memory(from), room, hash, Equal()) {}
    hash_container(size_type room, const Hash& hash, const Equal& equal,
                   source from) requires(!is_own_memory<Arena>)
        : hash_container(memory(from), room, hash, equal) {}

    template <element_iterator It>
    hash_container(It first, It last, size_type room = 0, const Hash& hash = Hash(),
                   const Equal& equal = Equal()) requires(makes_memory_of<Arena>)
        : hash_container(made(), room, hash, equal) {
        insert(first, last);
    }
    template <element_iterator It>
    hash_container(It first, It last, source from, size_type room = 0, const Hash& hash = Hash(),
                   const Equal& equal = Equal()) requires(!is_own_memory<Arena>)
        : hash_container(memory(from), room, hash, equal) {
        insert(first, last);
    }
    template <element_iterator It>
    hash_container(It first, It last, size_type room, source from) requires(is_std_allocator<Arena>)
        : hash_container(first, last, from, room) {}
    template <element_iterator It>
    hash_container(It first, It last, size_type room, const Hash& hash,
                   source from) requires(is_std_allocator<Arena>)
        : hash_container(first, last, from, room, hash) {}
    template <element_iterator It>
    hash_container(It first, It last, size_type room, const Hash& hash, const Equal& equal,
                   source from) requires(is_std_allocator<Arena>)
        : hash_container(first, last, from, room, hash, equal) {}

    hash_container(std::initializer_list<value_type> list, size_type room = 0,
                   const Hash& hash = Hash(),
                   const Equal& equal = Equal()) requires(makes_memory_of<Arena>)
        : hash_container(list.begin(), list.end(), room, hash, equal) {}
    hash_container(std::initializer_list<value_type> list, source from, size_type room = 0,
                   const Hash& hash = Hash(),
                   const Equal& equal = Equal()) requires(!is_own_memory<Arena>)
        : hash_container(list.begin(), list.end(), from, room, hash, equal) {}
    hash_container(std::initializer_list<value_type> list, size_type room,
                   source from) requires(is_std_allocator<Arena>)
        : hash_container(list.begin(), list.end(), from, room) {}
    hash_container(std::initializer_list<value_type> list, size_type room, const Hash& hash,
                   source from) requires(is_std_allocator<Arena>)
        : hash_container(list.begin(), list.end(), from, room, hash) {}
    hash_container(std::initializer_list<value_type> list, size_type room, const Hash& hash,
                   const Equal& equal, source from) requires(is_std_allocator<Arena>)
        : hash_container(list.begin(), list.end(), from, room, hash, equal) {}

    hash_container(const hash_container& other) : lookup(other, other.table_.from().for_copy()) {}
    hash_container(const hash_container& other, source from) requires(!is_own_memory<Arena>)
        : lookup(other, memory(from)) {}
    hash_container(hash_container&& other) noexcept : lookup(std::move(other)) { touch(other); }
    hash_container(hash_container&& other, source from) requires(!is_own_memory<Arena>)
        : lookup(memory(from), other.hash_function(), other.key_eq()) {
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

    std::pair<iterator, bool> insert(const value_type& v) { return insert_value(v); }
    std::pair<iterator, bool> insert(value_type&& v) { return insert_value(std::move(v)); }
    iterator insert(const_iterator, const value_type& v) { return insert_value(v).first; }
    iterator insert(const_iterator, value_type&& v) { return insert_value(std::move(v)).first; }
    /// In batches: the hashes of sixteen and the lines that they need come before the first insert.
    template <element_iterator It>
    void insert(It first, It last);
    void insert(std::initializer_list<value_type> list) { insert(list.begin(), list.end()); }
    insert_return_type insert(node_type&& handle) {
        if (handle.empty()) {
            return {end(), false, {}};
        }
        const auto [at, added] = insert_apart(handle.key(), [&](element* to) {
            if constexpr (Elements::is_node) {
                take_node(to, handle);
            } else {
                handle.construct(
                    [&]<class... T>(T&&... parts) { table_.make(to, std::forward<T>(parts)...); });
            }
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
        const position p = at.where();
        take_out(p, handle);
        erase_at(at, p, true);
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
    /// Throws, nothing changed: std::length_error beyond max_size(), std::bad_alloc where the
    /// memory has less; at once where the system alone has to be asked, as with the default memory.
    void reserve(size_type count) {
        if (count > max_size()) {
            throw_length_error("hash_map::reserve: more than max_size()");
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

  protected:
    template <class, class, class, class>
    friend class hash_container;

    hash_container(memory from, size_type room, const Hash& hash, const Equal& equal)
        : lookup(std::move(from), hash, equal) {
        if (room != 0) {
            reserve(room);
        }
    }

    static memory nowhere() noexcept; // declared alone, for what doesn't compile
    static memory made() {
        if constexpr (has_std) {
            return memory(Arena());
        } else {
            return memory();
        }
    }

    // Ends every iterator, where they are checked.
    static void touch([[maybe_unused]] hash_container& c) noexcept {
#if EBB_CHECK_ITERATORS
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
    // Moved, or where it is a reference the same.
    template <class Pair>
    static decltype(auto) moved_second(Pair& v) noexcept {
        return static_cast<typename Pair::second_type&&>(v.second);
    }
    // A move that fails between key and value would leave half an element: such types are copied.
    static decltype(auto) movable_if_whole(value_type& v) noexcept {
        if constexpr (Elements::moves_whole) {
            return std::move(v);
        } else {
            return std::as_const(v);
        }
    }
    // Asked where an element is inserted by its copy.
    static constexpr void tell_of_copies() noexcept {
        static_assert(Elements::copies, "hash_map: keys or values that can't be copied can't be "
                                        "inserted by a copy, as from a list in braces: move them "
                                        "in, or use emplace or try_emplace");
    }
    template <class V>
    std::pair<iterator, bool> insert_value(V&& v) {
        if constexpr (std::is_lvalue_reference_v<V> && !Elements::copies) {
            tell_of_copies();
            return {end(), false};
        } else {
            return insert_made(Elements::key_of(v), [&](element* to) {
                if constexpr (is_set || std::is_lvalue_reference_v<V>) {
                    table_.make(to, std::forward<V>(v));
                } else {
                    table_.make(to, std::move(const_cast<key_type&>(v.first)), moved_second(v));
                }
            });
        }
    }

    iterator erase_at(const_iterator at, const position& p, bool leaves = false) noexcept;
    iterator writable(const const_iterator& at) noexcept;

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
            take_out(p, handle);
            table_.remove(p, true);
            table_.shrink_after_removal(*p.in);
            touch(*this);
        }
        return handle;
    }
    // The element's node, or the element itself moved out.
    void take_out(const position& p, node_type& handle) {
        if constexpr (Elements::is_node) {
            handle = node_type(*p.at, table::nodes::keeper_of(table_.from()));
        } else {
            if constexpr (has_std) {
                handle.take(Elements::value(*p.at), table_.from().source());
            } else {
                handle.take(Elements::value(*p.at), {});
            }
        }
    }
    // A handle's node, as it is, or its element moved where the node belongs to other memory.
    void take_node(element* to, node_type& handle) {
        if (table::nodes::takes(table_.from(), handle.from())) {
            std::construct_at(to, handle.node());
            table_.node_memory().accept(table_.from(), handle.node());
            handle.let_go();
        } else {
            make_moved(to, Elements::value(handle.node()));
        }
    }
    // Of an element that ends thereafter.
    void make_moved(element* to, value_type& v) {
        if constexpr (!Elements::moves) {
            EBB_CHECK(false, "hash_map: an element that can't be moved comes from other memory");
        } else if constexpr (is_set || !Elements::moves_whole) {
            table_.make(to, movable_if_whole(v));
        } else {
            table_.make(to, std::move(const_cast<key_type&>(v.first)), moved_second(v));
        }
    }

    // Element by element, where the memory can't come along.
    void take(hash_container& other) {
        if (table_.from().same_as(other.table_.from())) {
            table_.exchange(other.table_); // not swap: functions like a closure's can't be assigned
            return;
        }
        merge(other);
        other.clear();
    }
};
EBB_MAPS_END

} // namespace ebb::detail

#include <ebb/maps/hash/container_changes.h>
