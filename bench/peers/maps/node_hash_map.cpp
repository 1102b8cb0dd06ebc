#include <ebb/bench/peers/peer.h>
#include <ebb/maps/node_hash_map.h>

namespace {

template <class Key, class Value>
using table = ebb::bench::peers::standard<ebb::node_hash_map<Key, Value>>;

} // namespace

EBB_PEER("ebb::node_hash_map", EBB_PACKAGE_VERSION, table)
