// boost::unordered_flat_map with its own default hash, over any std allocator.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>

#include <functional>
#include <memory>
#include <utility>

namespace ebb::bench::peers {

template <class Key, class Value, template <class> class Allocator = std::allocator>
using map_over = boost::unordered_flat_map<Key, Value, boost::hash<Key>, std::equal_to<Key>,
                                           Allocator<std::pair<const Key, Value>>>;

} // namespace ebb::bench::peers
