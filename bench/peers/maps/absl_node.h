// absl::node_hash_map with its own default hash, over any std allocator.
#pragma once

#include <absl/container/node_hash_map.h>

#include <memory>
#include <utility>

namespace ebb::bench::peers {

template <class Key, class Value, template <class> class Allocator = std::allocator>
using map_over = absl::node_hash_map<Key, Value, typename absl::node_hash_map<Key, Value>::hasher,
                                     typename absl::node_hash_map<Key, Value>::key_equal,
                                     Allocator<std::pair<const Key, Value>>>;

} // namespace ebb::bench::peers
