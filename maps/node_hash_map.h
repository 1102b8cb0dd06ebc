// node_hash_map: a hash_map whose elements stay where they are made.
//
// References and pointers to elements live until their element is erased, through extract, insert
// and merge too; iterators end with every insert and erase, as hash_map's. A slot is a pointer, so
// that the index takes 11 to 12 bytes an element.
//
// By default nodes lie side by side in slabs of the system's pages, without headers of their own;
// pages on which no node is left go back, many at a time, so that what stays resident is the pages
// of the survivors and a few for new nodes. New nodes fill the fullest slabs first, which empties
// the others. Over another arena or an allocator each node is a block of that. node_store.h has the
// figures. (A program under a filter of system calls that kills it for process_madvise calls
// slab_pages::release_one_by_one() first; one that refuses that is noticed.)
#pragma once

#if __cplusplus < 201709L // what g++ 10 says of C++20
#error "ebb needs C++20: compile with -std=c++20 or a later standard"
#else

#include <ebb/maps/hash/container.h>
#include <ebb/maps/hash/mapped.h>

#include <functional>
#include <initializer_list>
#include <iterator>
#include <memory_resource>
#include <utility>

namespace ebb {
EBB_MAPS_BEGIN

/// Keys and values, each key once, in nodes that stay where they are made. Otherwise as hash_map.
///
/// - extract never fails, and moves nothing; nor does merge of maps over equal memory. With the
///   default memory a handle, and what was inserted from one, may outlive the map it came from, and
///   end on another thread.
/// - footprint().nodes are the bytes of the pages that the nodes lie in, free slots included
///   (composition().empty_slots), less nodes that handles and other maps have; those count where
///   they are.
template <class Key, class Value, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>,
          class Arena = page_memory>
class node_hash_map : public detail::mapped<detail::node<detail::pair_elements<Key, Value>>, Value,
                                            Hash, KeyEqual, Arena> {
    using base = detail::mapped<detail::node<detail::pair_elements<Key, Value>>, Value, Hash,
                                KeyEqual, Arena>;

  public:
    using base::base;
    node_hash_map() = default;
    // Not inherited: g++ deduces from a list in braces for a class with a constructor of its own
    // that takes one.
    node_hash_map(std::initializer_list<typename base::value_type> list, std::size_t room = 0,
                  const Hash& hash = Hash(),
                  const KeyEqual& equal = KeyEqual()) requires(base::makes_memory)
        : base(list, room, hash, equal) {}
    node_hash_map& operator=(std::initializer_list<typename base::value_type> list) {
        this->assign(list);
        return *this;
    }
    friend void swap(node_hash_map& a, node_hash_map& b) noexcept { a.swap(b); }
};

// Deduction as std::unordered_map's; an allocator where that has one.
template <detail::element_iterator It, class Hash = hash<detail::key_in<It>>,
          class KeyEqual = std::equal_to<detail::key_in<It>>>
requires detail::deduces<Hash, KeyEqual> node_hash_map(It, It, std::size_t = 0, Hash = Hash(),
                                                       KeyEqual = KeyEqual())
->node_hash_map<detail::key_in<It>, detail::value_in<It>, Hash, KeyEqual>;
template <class Key, class Value, class Hash = hash<std::remove_const_t<Key>>,
          class KeyEqual = std::equal_to<std::remove_const_t<Key>>>
requires detail::deduces<Hash, KeyEqual> node_hash_map(std::initializer_list<std::pair<Key, Value>>,
                                                       std::size_t = 0, Hash = Hash(),
                                                       KeyEqual = KeyEqual())
->node_hash_map<std::remove_const_t<Key>, Value, Hash, KeyEqual>;

template <detail::element_iterator It, detail::is_allocator Allocator>
node_hash_map(It, It, std::size_t, Allocator)
    -> node_hash_map<detail::key_in<It>, detail::value_in<It>, hash<detail::key_in<It>>,
                     std::equal_to<detail::key_in<It>>, Allocator>;
template <detail::element_iterator It, detail::is_allocator Allocator>
node_hash_map(It, It, Allocator)
    -> node_hash_map<detail::key_in<It>, detail::value_in<It>, hash<detail::key_in<It>>,
                     std::equal_to<detail::key_in<It>>, Allocator>;
template <detail::element_iterator It, class Hash, detail::is_allocator Allocator>
requires detail::deduces<Hash> node_hash_map(It, It, std::size_t, Hash, Allocator)
->node_hash_map<detail::key_in<It>, detail::value_in<It>, Hash, std::equal_to<detail::key_in<It>>,
                Allocator>;
template <detail::element_iterator It, class Hash, class KeyEqual, detail::is_allocator Allocator>
requires detail::deduces<Hash, KeyEqual> node_hash_map(It, It, std::size_t, Hash, KeyEqual,
                                                       Allocator)
->node_hash_map<detail::key_in<It>, detail::value_in<It>, Hash, KeyEqual, Allocator>;
template <class Key, class Value, detail::is_allocator Allocator>
node_hash_map(std::initializer_list<std::pair<Key, Value>>, std::size_t, Allocator)
    -> node_hash_map<std::remove_const_t<Key>, Value, hash<std::remove_const_t<Key>>,
                     std::equal_to<std::remove_const_t<Key>>, Allocator>;
template <class Key, class Value, detail::is_allocator Allocator>
node_hash_map(std::initializer_list<std::pair<Key, Value>>, Allocator)
    -> node_hash_map<std::remove_const_t<Key>, Value, hash<std::remove_const_t<Key>>,
                     std::equal_to<std::remove_const_t<Key>>, Allocator>;
template <class Key, class Value, class Hash, detail::is_allocator Allocator>
requires detail::deduces<Hash> node_hash_map(std::initializer_list<std::pair<Key, Value>>,
                                             std::size_t, Hash, Allocator)
->node_hash_map<std::remove_const_t<Key>, Value, Hash, std::equal_to<std::remove_const_t<Key>>,
                Allocator>;
template <class Key, class Value, class Hash, class KeyEqual, detail::is_allocator Allocator>
requires detail::deduces<Hash, KeyEqual> node_hash_map(std::initializer_list<std::pair<Key, Value>>,
                                                       std::size_t, Hash, KeyEqual, Allocator)
->node_hash_map<std::remove_const_t<Key>, Value, Hash, KeyEqual, Allocator>;

EBB_MAPS_END

namespace pmr {

template <class Key, class Value, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>>
using node_hash_map =
    ebb::node_hash_map<Key, Value, Hash, KeyEqual,
                       std::pmr::polymorphic_allocator<std::pair<const Key, Value>>>;

} // namespace pmr
} // namespace ebb

/// A map with memory of its own names an allocator, and takes none.
template <class Key, class Value, class Hash, class KeyEqual, class Allocator>
struct std::uses_allocator<ebb::node_hash_map<Key, Value, Hash, KeyEqual, ebb::page_memory>,
                           Allocator> : std::false_type {};

#endif // C++20
