// ebb's hash_map and node_hash_map on an arena.
#pragma once

#include <ebb/bench/maps/scenario.h>
#include <ebb/maps/hash_map.h>
#include <ebb/maps/node_hash_map.h>

#include <functional>

namespace ebb::bench {

template <class Arena, class Memory>
void run_own_layouts(const cell& c, const record_sink& sink) {
    with_size_of_values(c, [&]<class N>(N) {
        using bytes = std::array<std::byte, N::value>;
        using equal = std::equal_to<std::int64_t>;
        if (c.way == layout::node_hash_map) {
            using map = node_hash_map<std::int64_t, bytes, hash<std::int64_t>, equal, Arena>;
            fill_and_empty<N::value, map, Memory>(c.count, sink);
        } else {
            using map = hash_map<std::int64_t, bytes, hash<std::int64_t>, equal, Arena>;
            fill_and_empty<N::value, map, Memory>(c.count, sink);
        }
    });
}

} // namespace ebb::bench
