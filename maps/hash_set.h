// hash_set: hash_map without values. All that hash_map.h says of memory, costs, references and
// errors is true of it.
#pragma once

#include <ebb/maps/hash/container.h>

#include <functional>
#include <initializer_list>
#include <iterator>
#include <memory_resource>
#include <type_traits>
#include <utility>

namespace ebb {

/// Keys, each once.
template <class Key, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>,
          class Arena = page_memory>
class hash_set : public detail::hash_container<detail::flat_if_movable<detail::key_elements<Key>>,
                                               Hash, KeyEqual, Arena> {
    using base = detail::hash_container<detail::flat_if_movable<detail::key_elements<Key>>, Hash,
                                        KeyEqual, Arena>;

  public:
    using base::base;
    hash_set() = default;
    hash_set& operator=(std::initializer_list<Key> list) {
        base::clear();
        base::insert(list);
        return *this;
    }
};

template <std::input_iterator It, class Key = typename std::iterator_traits<It>::value_type,
          class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>>
hash_set(It, It, std::size_t = 0, Hash = Hash(), KeyEqual = KeyEqual())
    -> hash_set<Key, Hash, KeyEqual>;
template <class Key, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>>
hash_set(std::initializer_list<Key>, std::size_t = 0, Hash = Hash(), KeyEqual = KeyEqual())
    -> hash_set<Key, Hash, KeyEqual>;

namespace pmr {

template <class Key, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>>
using hash_set = ebb::hash_set<Key, Hash, KeyEqual, std::pmr::polymorphic_allocator<Key>>;

} // namespace pmr
} // namespace ebb
