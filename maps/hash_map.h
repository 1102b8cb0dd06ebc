// hash_map: a map whose memory follows its size, both ways.
//
// What differs from std::unordered_map: elements move, so that references, pointers and iterators
// end with every insert, erase and swap (erase returns the next; node_hash_map keeps references).
// There are no buckets: bucket_count() counts slots, max_load_factor() is 1 and stays. The order of
// iteration means nothing, and differs from map to map. The fifth parameter is an arena, or a std
// allocator, or by default page_memory: pages of the map's own.
//
// Costs: elements of up to 32 bytes (key and value) take 1.4 to 1.7 times their bytes as they come,
// up to 2.4 as they go; below 3,000 elements 4. Larger ones take their bytes and a twentieth, up to
// 1.13 times as they go. No step of growing takes a second copy, and none touches a page that the
// map had before. A look-up reads a line of tags and the element, or, with larger ones, its number
// in between. The slowest insert is one split of a segment (0.1 ms of work, 0.4 ms with large
// elements), whatever the size. What is erased goes back to the system's pages on the way, but for
// a thirty-second of what is left, and 192 KiB (with elements of up to 32 bytes 300) while a map of
// several thousand elements isn't empty: they wait for what comes next. While what was given back
// is wanted again within as many operations as there are elements, up to a sixth waits. Beyond that
// reserve() alone holds memory without elements. Where it stands: table.h tells the way of a
// look-up, segment.h draws the memory.
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

/// Keys and values, each key once.
///
/// - Hash: one that takes the map's seed beside the key and says so by a type `is_seeded`, as
///   ebb's, or one like std::hash, whose result is mixed with the seed by two multiplications; by
///   one where the hash names itself good (`is_avalanching`). Heterogeneous look-up as in the
///   standard: `is_transparent` in both Hash and KeyEqual.
/// - Errors: what the arena, copies, hash and comparison throw. A single insert that throws has
///   changed nothing; elsewhere every element is whole and every byte accounted for.
/// - Keys and values that may throw when moved live in nodes, as in node_hash_map.
/// - Arguments of an insert may refer to elements of the map.
/// - A hash that doesn't tell keys apart makes it slow, as it does every map: a look-up compares a
///   key with those of equal hash, as std::unordered_map's does, and an erase by iterator doesn't.
///   Any number of keys may share a hash (larger than 32 bytes 10^9, then std::bad_alloc).
/// - Threads: any number that read, or one that writes. An arena must outlive the map.
/// - Builds: files of a program may be compiled with and without assertions, sanitizers, exceptions
///   and optimization; with EBB_CHECK_ITERATORS all or none (hash/checks.h). Memory of a map's own
///   is a root to the leak sanitizer: what a leaked map holds is no leak to it.
template <class Key, class Value, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>,
          class Arena = page_memory>
class hash_map
    : public detail::mapped<detail::flat_pairs<Key, Value>, Value, Hash, KeyEqual, Arena> {
    using base = detail::mapped<detail::flat_pairs<Key, Value>, Value, Hash, KeyEqual, Arena>;

  public:
    using base::base;
    hash_map() = default;
    // Not inherited: g++ deduces from a list in braces for a class with a constructor of its own
    // that takes one.
    hash_map(std::initializer_list<typename base::value_type> list, std::size_t room = 0,
             const Hash& hash = Hash(),
             const KeyEqual& equal = KeyEqual()) requires(base::makes_memory)
        : base(list, room, hash, equal) {}
    hash_map& operator=(std::initializer_list<typename base::value_type> list) {
        this->assign(list);
        return *this;
    }
    friend void swap(hash_map& a, hash_map& b) noexcept { a.swap(b); }
};

// Deduction as std::unordered_map's; an allocator where that has one.
template <detail::element_iterator It, class Hash = hash<detail::key_in<It>>,
          class KeyEqual = std::equal_to<detail::key_in<It>>>
requires detail::deduces<Hash, KeyEqual> hash_map(It, It, std::size_t = 0, Hash = Hash(),
                                                  KeyEqual = KeyEqual())
->hash_map<detail::key_in<It>, detail::value_in<It>, Hash, KeyEqual>;
template <class Key, class Value, class Hash = hash<std::remove_const_t<Key>>,
          class KeyEqual = std::equal_to<std::remove_const_t<Key>>>
requires detail::deduces<Hash, KeyEqual> hash_map(std::initializer_list<std::pair<Key, Value>>,
                                                  std::size_t = 0, Hash = Hash(),
                                                  KeyEqual = KeyEqual())
->hash_map<std::remove_const_t<Key>, Value, Hash, KeyEqual>;

template <detail::element_iterator It, detail::is_allocator Allocator>
hash_map(It, It, std::size_t, Allocator)
    -> hash_map<detail::key_in<It>, detail::value_in<It>, hash<detail::key_in<It>>,
                std::equal_to<detail::key_in<It>>, Allocator>;
template <detail::element_iterator It, detail::is_allocator Allocator>
hash_map(It, It, Allocator)
    -> hash_map<detail::key_in<It>, detail::value_in<It>, hash<detail::key_in<It>>,
                std::equal_to<detail::key_in<It>>, Allocator>;
template <detail::element_iterator It, class Hash, detail::is_allocator Allocator>
requires detail::deduces<Hash> hash_map(It, It, std::size_t, Hash, Allocator)
->hash_map<detail::key_in<It>, detail::value_in<It>, Hash, std::equal_to<detail::key_in<It>>,
           Allocator>;
template <detail::element_iterator It, class Hash, class KeyEqual, detail::is_allocator Allocator>
requires detail::deduces<Hash, KeyEqual> hash_map(It, It, std::size_t, Hash, KeyEqual, Allocator)
->hash_map<detail::key_in<It>, detail::value_in<It>, Hash, KeyEqual, Allocator>;
template <class Key, class Value, detail::is_allocator Allocator>
hash_map(std::initializer_list<std::pair<Key, Value>>, std::size_t, Allocator)
    -> hash_map<std::remove_const_t<Key>, Value, hash<std::remove_const_t<Key>>,
                std::equal_to<std::remove_const_t<Key>>, Allocator>;
template <class Key, class Value, detail::is_allocator Allocator>
hash_map(std::initializer_list<std::pair<Key, Value>>, Allocator)
    -> hash_map<std::remove_const_t<Key>, Value, hash<std::remove_const_t<Key>>,
                std::equal_to<std::remove_const_t<Key>>, Allocator>;
template <class Key, class Value, class Hash, detail::is_allocator Allocator>
requires detail::deduces<Hash> hash_map(std::initializer_list<std::pair<Key, Value>>, std::size_t,
                                        Hash, Allocator)
->hash_map<std::remove_const_t<Key>, Value, Hash, std::equal_to<std::remove_const_t<Key>>,
           Allocator>;
template <class Key, class Value, class Hash, class KeyEqual, detail::is_allocator Allocator>
requires detail::deduces<Hash, KeyEqual> hash_map(std::initializer_list<std::pair<Key, Value>>,
                                                  std::size_t, Hash, KeyEqual, Allocator)
->hash_map<std::remove_const_t<Key>, Value, Hash, KeyEqual, Allocator>;

EBB_MAPS_END

namespace pmr {

/// As std::pmr's: the memory is a std::pmr::memory_resource, and elements that take one share it.
template <class Key, class Value, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>>
using hash_map = ebb::hash_map<Key, Value, Hash, KeyEqual,
                               std::pmr::polymorphic_allocator<std::pair<const Key, Value>>>;

} // namespace pmr
} // namespace ebb

/// A map with memory of its own names an allocator, and takes none.
template <class Key, class Value, class Hash, class KeyEqual, class Allocator>
struct std::uses_allocator<ebb::hash_map<Key, Value, Hash, KeyEqual, ebb::page_memory>, Allocator>
    : std::false_type {};

#endif // C++20
