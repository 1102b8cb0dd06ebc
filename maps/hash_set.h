// hash_set: hash_map without values. All that hash_map.h says of memory, costs, references and
// errors is true of it.
#pragma once

#if __cplusplus < 201709L // what g++ 10 says of C++20
#error "ebb needs C++20: compile with -std=c++20 or a later standard"
#else

#include <ebb/maps/hash/container.h>

#include <functional>
#include <initializer_list>
#include <iterator>
#include <memory_resource>
#include <type_traits>
#include <utility>

namespace ebb {
EBB_MAPS_BEGIN

/// Keys, each once.
template <class Key, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>,
          class Arena = page_memory>
class hash_set : public detail::hash_container<detail::flat_keys<Key>, Hash, KeyEqual, Arena> {
    using base = detail::hash_container<detail::flat_keys<Key>, Hash, KeyEqual, Arena>;

  public:
    using base::base;
    hash_set() = default;
    // Not inherited: g++ deduces from a list in braces for a class with a constructor of its own
    // that takes one.
    hash_set(std::initializer_list<typename base::value_type> list, std::size_t room = 0,
             const Hash& hash = Hash(),
             const KeyEqual& equal = KeyEqual()) requires(base::makes_memory)
        : base(list, room, hash, equal) {}
    hash_set& operator=(std::initializer_list<Key> list) {
        base::clear();
        base::insert(list);
        return *this;
    }
    friend void swap(hash_set& a, hash_set& b) noexcept { a.swap(b); }
};

// Deduction as std::unordered_set's; an allocator where that has one.
template <detail::element_iterator It, class Hash = hash<std::iter_value_t<It>>,
          class KeyEqual = std::equal_to<std::iter_value_t<It>>>
requires detail::deduces<Hash, KeyEqual> hash_set(It, It, std::size_t = 0, Hash = Hash(),
                                                  KeyEqual = KeyEqual())
->hash_set<std::iter_value_t<It>, Hash, KeyEqual>;
template <class Key, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>>
requires detail::deduces<Hash, KeyEqual> hash_set(std::initializer_list<Key>, std::size_t = 0,
                                                  Hash = Hash(), KeyEqual = KeyEqual())
->hash_set<Key, Hash, KeyEqual>;

template <detail::element_iterator It, detail::is_allocator Allocator>
hash_set(It, It, std::size_t, Allocator)
    -> hash_set<std::iter_value_t<It>, hash<std::iter_value_t<It>>,
                std::equal_to<std::iter_value_t<It>>, Allocator>;
template <detail::element_iterator It, detail::is_allocator Allocator>
hash_set(It, It, Allocator) -> hash_set<std::iter_value_t<It>, hash<std::iter_value_t<It>>,
                                        std::equal_to<std::iter_value_t<It>>, Allocator>;
template <detail::element_iterator It, class Hash, detail::is_allocator Allocator>
requires detail::deduces<Hash> hash_set(It, It, std::size_t, Hash, Allocator)
->hash_set<std::iter_value_t<It>, Hash, std::equal_to<std::iter_value_t<It>>, Allocator>;
template <detail::element_iterator It, class Hash, class KeyEqual, detail::is_allocator Allocator>
requires detail::deduces<Hash, KeyEqual> hash_set(It, It, std::size_t, Hash, KeyEqual, Allocator)
->hash_set<std::iter_value_t<It>, Hash, KeyEqual, Allocator>;
template <class Key, detail::is_allocator Allocator>
hash_set(std::initializer_list<Key>, std::size_t, Allocator)
    -> hash_set<Key, hash<Key>, std::equal_to<Key>, Allocator>;
template <class Key, detail::is_allocator Allocator>
hash_set(std::initializer_list<Key>, Allocator)
    -> hash_set<Key, hash<Key>, std::equal_to<Key>, Allocator>;
template <class Key, class Hash, detail::is_allocator Allocator>
requires detail::deduces<Hash> hash_set(std::initializer_list<Key>, std::size_t, Hash, Allocator)
->hash_set<Key, Hash, std::equal_to<Key>, Allocator>;
template <class Key, class Hash, class KeyEqual, detail::is_allocator Allocator>
requires detail::deduces<Hash, KeyEqual> hash_set(std::initializer_list<Key>, std::size_t, Hash,
                                                  KeyEqual, Allocator)
->hash_set<Key, Hash, KeyEqual, Allocator>;

EBB_MAPS_END

namespace pmr {

template <class Key, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>>
using hash_set = ebb::hash_set<Key, Hash, KeyEqual, std::pmr::polymorphic_allocator<Key>>;

} // namespace pmr
} // namespace ebb

/// A map with memory of its own names an allocator, and takes none.
template <class Key, class Hash, class KeyEqual, class Allocator>
struct std::uses_allocator<ebb::hash_set<Key, Hash, KeyEqual, ebb::page_memory>, Allocator>
    : std::false_type {};

#endif // C++20
