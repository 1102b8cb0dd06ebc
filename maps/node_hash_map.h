// node_hash_map: a hash_map whose elements stay where they are made.
//
// References and pointers to elements live until their element is erased; iterators end with every
// insert and erase, as hash_map's. Each element is a block of its own; a slot is a pointer, so that
// the index takes 11 to 12 bytes an element.
#pragma once

#include <ebb/maps/hash/container.h>
#include <ebb/maps/hash/mapped.h>

#include <functional>
#include <initializer_list>
#include <memory_resource>
#include <utility>

namespace ebb {

/// Keys and values, each key once, in blocks of their own. Otherwise as hash_map. extract and merge
/// move the element.
template <class Key, class Value, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>,
          class Arena = page_memory>
class node_hash_map : public detail::mapped<detail::node<detail::pair_elements<Key, Value>>, Value,
                                            Hash, KeyEqual, Arena> {
    using base = detail::mapped<detail::node<detail::pair_elements<Key, Value>>, Value, Hash,
                                KeyEqual, Arena>;

  public:
    using base::base;
    node_hash_map() = default;
    node_hash_map& operator=(std::initializer_list<typename base::value_type> list) {
        this->assign(list);
        return *this;
    }
};

namespace pmr {

template <class Key, class Value, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>>
using node_hash_map =
    ebb::node_hash_map<Key, Value, Hash, KeyEqual,
                       std::pmr::polymorphic_allocator<std::pair<const Key, Value>>>;

} // namespace pmr
} // namespace ebb
