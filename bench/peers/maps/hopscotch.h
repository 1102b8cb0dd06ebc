// tsl::hopscotch_map with its own default hash, over any std allocator.
#pragma once

#include <tsl/hopscotch_map.h>

#include <functional>
#include <memory>
#include <utility>

namespace ebb::bench::peers {

template <class Key, class Value, template <class> class Allocator = std::allocator>
using map_over = tsl::hopscotch_map<Key, Value, std::hash<Key>, std::equal_to<Key>,
                                    Allocator<std::pair<Key, Value>>>;

} // namespace ebb::bench::peers
