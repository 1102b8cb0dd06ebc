#include <ebb/bench/peers/maps/absl_node.h>
#include <ebb/bench/peers/maps/absl_version.h>
#include <ebb/bench/peers/peer.h>

namespace {

template <class Key, class Value>
using table = ebb::bench::peers::standard<ebb::bench::peers::map_over<Key, Value>>;

} // namespace

EBB_PEER("absl::node_hash_map", ebb::bench::peers::absl_version.c_str(), table)
