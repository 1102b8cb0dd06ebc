#include <ebb/bench/peers/maps/std.h>
#include <ebb/bench/peers/peer.h>

#include <string>

namespace {

template <class Key, class Value>
using table = ebb::bench::peers::standard<ebb::bench::peers::map_over<Key, Value>>;

const std::string version = "libstdc++ " + std::to_string(_GLIBCXX_RELEASE);

} // namespace

EBB_PEER("std::unordered_map", version.c_str(), table)
