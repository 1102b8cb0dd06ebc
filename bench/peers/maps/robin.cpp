#include <ebb/bench/peers/peer.h>

#include <tsl/robin_map.h>

namespace {

template <class Key, class Value>
using table = ebb::bench::peers::standard<tsl::robin_map<Key, Value>>;

} // namespace

EBB_PEER("tsl::robin_map", EBB_PACKAGE_VERSION, table)
