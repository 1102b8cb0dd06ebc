// Maps of 64-bit keys and values of so many bytes, and what fills them.
#pragma once

#include <ebb/maps/hash_map.h>
#include <ebb/maps/node_hash_map.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace tests {

template <std::size_t Bytes>
using value = std::array<char, Bytes>;
template <std::size_t Bytes>
using flat = ebb::hash_map<std::uint64_t, value<Bytes>>;
template <std::size_t Bytes>
using node = ebb::node_hash_map<std::uint64_t, value<Bytes>>;

template <class Map>
void fill(Map& m, std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t k = first; k < last; ++k) {
        m.emplace(k, typename Map::mapped_type{});
    }
}

} // namespace tests
