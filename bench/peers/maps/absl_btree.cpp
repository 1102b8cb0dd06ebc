#include <ebb/bench/peers/maps/absl_btree.h>
#include <ebb/bench/peers/maps/absl_version.h>
#include <ebb/bench/peers/peer.h>

namespace {

template <class Key, class Value>
using table = ebb::bench::peers::standard<ebb::bench::peers::map_over<Key, Value>>;

} // namespace

EBB_PEER("absl::btree_map", ebb::bench::peers::absl_version.c_str(), table)
