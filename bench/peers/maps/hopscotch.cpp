#include <ebb/bench/peers/peer.h>

#include <tsl/hopscotch_map.h>

namespace {

template <class Key, class Value>
using table = ebb::bench::peers::standard<tsl::hopscotch_map<Key, Value>>;

} // namespace

EBB_PEER("tsl::hopscotch_map", EBB_PACKAGE_VERSION, table)
