// node_hash_set: node_hash_map without values. All that node_hash_map.h says is true of it.
#pragma once

#include <ebb/maps/hash/container.h>

#include <functional>
#include <initializer_list>
#include <iterator>
#include <memory_resource>

namespace ebb {

/// Keys, each once, in nodes that stay where they are made.
template <class Key, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>,
          class Arena = page_memory>
class node_hash_set : public detail::hash_container<detail::node<detail::key_elements<Key>>, Hash,
                                                    KeyEqual, Arena> {
    using base =
        detail::hash_container<detail::node<detail::key_elements<Key>>, Hash, KeyEqual, Arena>;

  public:
    using base::base;
    node_hash_set() = default;
    node_hash_set& operator=(std::initializer_list<Key> list) {
        base::clear();
        base::insert(list);
        return *this;
    }
};

template <std::input_iterator It, class Key = typename std::iterator_traits<It>::value_type,
          class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>>
node_hash_set(It, It, std::size_t = 0, Hash = Hash(), KeyEqual = KeyEqual())
    -> node_hash_set<Key, Hash, KeyEqual>;
template <class Key, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>>
node_hash_set(std::initializer_list<Key>, std::size_t = 0, Hash = Hash(), KeyEqual = KeyEqual())
    -> node_hash_set<Key, Hash, KeyEqual>;

namespace pmr {

template <class Key, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>>
using node_hash_set = ebb::node_hash_set<Key, Hash, KeyEqual, std::pmr::polymorphic_allocator<Key>>;

} // namespace pmr
} // namespace ebb
