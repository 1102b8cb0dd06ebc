// absl::btree_map over any std allocator.
#pragma once

#include <absl/container/btree_map.h>

#include <functional>
#include <memory>
#include <utility>

namespace ebb::bench::peers {

template <class Key, class Value, template <class> class Allocator = std::allocator>
using map_over =
    absl::btree_map<Key, Value, std::less<Key>, Allocator<std::pair<const Key, Value>>>;

} // namespace ebb::bench::peers
