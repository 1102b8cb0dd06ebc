// std::unordered_map with its own default hash, over any std allocator.
#pragma once

#include <functional>
#include <memory>
#include <unordered_map>
#include <utility>

namespace ebb::bench::peers {

template <class Key, class Value, template <class> class Allocator = std::allocator>
using map_over = std::unordered_map<Key, Value, std::hash<Key>, std::equal_to<Key>,
                                    Allocator<std::pair<const Key, Value>>>;

} // namespace ebb::bench::peers
