#include <ebb/bench/peers/maps/absl_version.h>
#include <ebb/bench/peers/peer.h>

#include <absl/container/flat_hash_map.h>

namespace {

template <class Key, class Value>
using table = ebb::bench::peers::standard<absl::flat_hash_map<Key, Value>>;

} // namespace

EBB_PEER("absl::flat_hash_map", ebb::bench::peers::absl_version.c_str(), table)
