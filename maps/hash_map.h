// hash_map: a map whose memory follows its size, both ways.
//
// What differs from std::unordered_map: elements move, so that references, pointers and iterators
// end with every insert, erase and swap (erase returns the next; node_hash_map keeps references).
// There are no buckets: bucket_count() counts slots, max_load_factor() is 1 and stays. The order of
// iteration means nothing, and differs from map to map. The fifth parameter is an arena, or a std
// allocator, or by default page_memory: pages of the map's own.
//
// Costs: elements of up to 32 bytes (key and value) take 1.3 to 1.5 times their bytes as they come,
// up to 2.2 as they go; below 1 MB up to 2 and 2.4, below 3,000 elements 4. Larger ones take their
// bytes, 5 to 6 more, and a hundredth, up to 1.13 times as they go. No step of growing takes a
// second copy. A look-up reads a line of tags and the element, or, with larger ones, its number in
// between. The slowest insert is one split of a segment (0.1 ms of work, 0.4 ms with large
// elements), whatever the size. What is erased goes back to the system's pages on the way;
// reserve() alone holds memory without elements. Where it stands: table.h tells the way of a
// look-up, segment.h draws the memory.
#pragma once

#include <ebb/maps/hash/container.h>
#include <ebb/maps/hash/mapped.h>

#include <functional>
#include <initializer_list>
#include <iterator>
#include <memory_resource>
#include <utility>

namespace ebb {

/// Keys and values, each key once.
///
/// - Hash: ebb's, called with the map's seed, or one like std::hash, whose result is mixed with the
///   seed by two multiplications; by one where the hash names itself good (`is_avalanching`).
///   Heterogeneous look-up as in the standard: `is_transparent` in both Hash and KeyEqual.
/// - Errors: what the arena, copies, hash and comparison throw. A single insert that throws has
///   changed nothing; elsewhere every element is whole and every byte accounted for.
/// - Keys and values that may throw when moved live in nodes, as in node_hash_map.
/// - Arguments of an insert may refer to elements of the map.
/// - A hash that doesn't tell keys apart makes it slow, as it does every map; where elements are
///   larger than 32 bytes, 65,535 that share a hash are the most (std::length_error).
/// - Threads: any number that read, or one that writes. An arena must outlive the map.
template <class Key, class Value, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>,
          class Arena = page_memory>
class hash_map : public detail::mapped<detail::flat_if_movable<detail::pair_elements<Key, Value>>,
                                       Value, Hash, KeyEqual, Arena> {
    using base = detail::mapped<detail::flat_if_movable<detail::pair_elements<Key, Value>>, Value,
                                Hash, KeyEqual, Arena>;

  public:
    using base::base;
    hash_map() = default;
    hash_map& operator=(std::initializer_list<typename base::value_type> list) {
        this->assign(list);
        return *this;
    }
};

template <std::input_iterator It, class Hash = hash<detail::key_in<It>>,
          class KeyEqual = std::equal_to<detail::key_in<It>>>
hash_map(It, It, std::size_t = 0, Hash = Hash(), KeyEqual = KeyEqual())
    -> hash_map<detail::key_in<It>, detail::value_in<It>, Hash, KeyEqual>;
template <class Key, class Value, class Hash = hash<std::remove_const_t<Key>>,
          class KeyEqual = std::equal_to<std::remove_const_t<Key>>>
hash_map(std::initializer_list<std::pair<Key, Value>>, std::size_t = 0, Hash = Hash(),
         KeyEqual = KeyEqual()) -> hash_map<std::remove_const_t<Key>, Value, Hash, KeyEqual>;

namespace pmr {

/// As std::pmr's: the memory is a std::pmr::memory_resource, and elements that take one share it.
template <class Key, class Value, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>>
using hash_map = ebb::hash_map<Key, Value, Hash, KeyEqual,
                               std::pmr::polymorphic_allocator<std::pair<const Key, Value>>>;

} // namespace pmr
} // namespace ebb
