// The maps that the contract runs on, one line each in `maps` or `sets` at the end; a family names
// a map's template, where its memory comes from, and what the suite can't see from the type.
#pragma once

#include <ebb/alloc/arena/bump.h>
#include <ebb/alloc/arena/pmr_resource.h>
#include <ebb/alloc/arena/sized.h>
#include <ebb/alloc/arena/std_allocator.h>
#include <ebb/maps/go_map.h>
#include <ebb/maps/hash_map.h>
#include <ebb/maps/hash_set.h>
#include <ebb/maps/node_hash_map.h>
#include <ebb/maps/node_hash_set.h>

#include <gtest/gtest.h>
#include <tests/maps/contract/faults.h>

#include <functional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace tests {

#ifdef _LIBCPP_VERSION
inline constexpr bool is_libcxx = true;
#else
inline constexpr bool is_libcxx = false;
#endif

/// The usual: an arena that counts and fails, made anew for each test.
struct family {
    using source = subject_arena;
    /// References to elements outlive inserts, and erases of others.
    static constexpr bool keeps_references = false;
    /// Elements that can be neither copied nor moved, made in place.
    static constexpr bool holds_immovables = true;
    /// merge hashes by the receiver's function, and loses nothing when it fails. libstdc++ 12
    /// does neither: it keeps the hash that stands in the node, and frees the node.
    static constexpr bool merges_whole = true;
    /// What insert with a hint refuses stays in its handle; libstdc++ 12 drops it.
    static constexpr bool keeps_refused_nodes = true;
    /// An allocator's pointers may be classes; libstdc++ 12 wants what converts to T*.
    static constexpr bool takes_fancy_pointers = true;
    /// A copy is assigned though its elements can't be. The standard's may ask for that, and
    /// libc++'s do: they assign to the elements that are there.
    static constexpr bool assigns_the_unassignable = true;
    /// A copy has other memory, unless it is given some, and can't be swapped with the first.
    static constexpr bool copies_elsewhere = false;
    template <class S>
    static auto& of(S& source) noexcept {
        return source;
    }
};

struct std_unordered_map : family {
    static constexpr const char* name = "std_unordered_map";
    static constexpr bool assigns_the_unassignable = !is_libcxx;
    template <class K, class V, class H, class E, class A>
    using with_allocator = std::unordered_map<K, V, H, E, A>;
    static constexpr bool keeps_references = true;
    static constexpr bool merges_whole = false;
    static constexpr bool keeps_refused_nodes = false;
    static constexpr bool takes_fancy_pointers = false;
    template <class K, class V, class H, class E>
    using map =
        std::unordered_map<K, V, H, E, ebb::arena_allocator<std::pair<const K, V>, subject_arena>>;
};

struct std_unordered_set : family {
    static constexpr const char* name = "std_unordered_set";
    static constexpr bool assigns_the_unassignable = !is_libcxx;
    static constexpr bool keeps_references = true;
    static constexpr bool merges_whole = false;
    static constexpr bool keeps_refused_nodes = false;
    template <class K, class V, class H, class E>
    using map = std::unordered_set<K, H, E, ebb::arena_allocator<K, subject_arena>>;
};

struct go_map : family {
    static constexpr const char* name = "go_map";
    static constexpr bool holds_immovables = false;
    template <class K, class V, class H, class E>
    using map = ebb::go_map<K, V, H, E, subject_arena>;
};

/// hash_map on memory that grows in place, as by default, but told to fail.
struct hash_map : family {
    static constexpr const char* name = "hash_map";
    using source = growing_subject;
    template <class K, class V, class H, class E>
    using map = ebb::hash_map<K, V, H, E, source>;
    template <class K, class V, class H, class E, class A>
    using with_allocator = ebb::hash_map<K, V, H, E, A>;
};

/// With its nodes in slabs, as by default, but told to fail.
struct node_hash_map : family {
    static constexpr const char* name = "node_hash_map";
    static constexpr bool keeps_references = true;
    using source = growing_subject;
    template <class K, class V, class H, class E>
    using map = ebb::node_hash_map<K, V, H, E, source>;
    template <class K, class V, class H, class E, class A>
    using with_allocator = ebb::node_hash_map<K, V, H, E, A>;
};

struct hash_set : family {
    static constexpr const char* name = "hash_set";
    template <class K, class V, class H, class E>
    using map = ebb::hash_set<K, H, E, subject_arena>;
};

struct node_hash_set : family {
    static constexpr const char* name = "node_hash_set";
    static constexpr bool keeps_references = true;
    using source = growing_subject;
    template <class K, class V, class H, class E>
    using map = ebb::node_hash_set<K, H, E, source>;
};

/// hash_map over other memory: its own, ebb's arenas, std allocators, a memory resource.
struct nowhere {};
struct own_hash_map : family {
    static constexpr const char* name = "own_hash_map";
    using source = nowhere;
    template <class K, class V, class H, class E>
    using map = ebb::hash_map<K, V, H, E>;
};
template <class Arena>
struct hash_map_on : family {
    using source = Arena;
    template <class K, class V, class H, class E>
    using map = ebb::hash_map<K, V, H, E, Arena>;
};
struct plain_hash_map : hash_map_on<subject_arena> {
    static constexpr const char* name = "plain_hash_map";
};
struct sized_hash_map : hash_map_on<ebb::sized> {
    static constexpr const char* name = "sized_hash_map";
};
struct bump_hash_map : hash_map_on<ebb::bump> {
    static constexpr const char* name = "bump_hash_map";
};
struct allocator_hash_map : family {
    static constexpr const char* name = "allocator_hash_map";
    template <class K, class V, class H, class E>
    using map =
        ebb::hash_map<K, V, H, E, ebb::arena_allocator<std::pair<const K, V>, subject_arena>>;
};
/// node_hash_map over its own memory; with its nodes one by one in an arena and an allocator.
struct own_node_hash_map : family {
    static constexpr const char* name = "own_node_hash_map";
    using source = nowhere;
    template <class K, class V, class H, class E>
    using map = ebb::node_hash_map<K, V, H, E>;
};
struct plain_node_hash_map : family {
    static constexpr const char* name = "plain_node_hash_map";
    static constexpr bool keeps_references = true;
    using source = subject_arena;
    template <class K, class V, class H, class E>
    using map = ebb::node_hash_map<K, V, H, E, source>;
};
struct allocator_node_hash_map : family {
    static constexpr const char* name = "allocator_node_hash_map";
    static constexpr bool keeps_references = true;
    template <class K, class V, class H, class E>
    using map =
        ebb::node_hash_map<K, V, H, E, ebb::arena_allocator<std::pair<const K, V>, subject_arena>>;
};
struct resource_of_subject {
    subject_arena arena;
    ebb::pmr_resource<subject_arena> resource{arena};
    [[nodiscard]] ebb::ledger read() const noexcept { return arena.read(); }
};
struct pmr_hash_map : family {
    static constexpr const char* name = "pmr_hash_map";
    static constexpr bool copies_elsewhere = true;
    using source = resource_of_subject;
    static std::pmr::polymorphic_allocator<> of(source& s) noexcept { return &s.resource; }
    template <class K, class V, class H, class E>
    using map = ebb::pmr::hash_map<K, V, H, E>;
};

/// Every map, and every map and set.
using maps = ::testing::Types<std_unordered_map, go_map, hash_map, node_hash_map>;
using maps_and_sets = ::testing::Types<std_unordered_map, go_map, hash_map, node_hash_map,
                                       std_unordered_set, hash_set, node_hash_set>;
/// The maps that take a std allocator.
using maps_on_allocators = ::testing::Types<std_unordered_map, hash_map, node_hash_map>;
/// Those of the traces: the same, and one of them over other memory.
using traced = maps_and_sets;
using traced_elsewhere =
    ::testing::Types<own_hash_map, plain_hash_map, sized_hash_map, bump_hash_map,
                     allocator_hash_map, own_node_hash_map, plain_node_hash_map,
                     allocator_node_hash_map, pmr_hash_map>;

struct family_name {
    template <class Family>
    static std::string GetName(int) { // NOLINT(readability-identifier-naming): GoogleTest's name
        return Family::name;
    }
};

} // namespace tests
