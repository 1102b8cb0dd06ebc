#include <ebb/bench/peers/maps/absl_version.h>
#include <ebb/bench/peers/peer.h>

#include <absl/container/btree_map.h>

namespace {

template <class Key, class Value>
using table = ebb::bench::peers::standard<absl::btree_map<Key, Value>>;

} // namespace

EBB_PEER("absl::btree_map", ebb::bench::peers::absl_version.c_str(), table)
