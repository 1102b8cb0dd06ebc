#include <ebb/bench/peers/maps/robin.h>
#include <ebb/bench/peers/peer.h>

namespace {

template <class Key, class Value>
using table = ebb::bench::peers::standard<ebb::bench::peers::map_over<Key, Value>>;

} // namespace

EBB_PEER("tsl::robin_map", EBB_PACKAGE_VERSION, table)
