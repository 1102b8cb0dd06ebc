#include <ebb/bench/peers/peer.h>

#include <string>
#include <unordered_map>

namespace {

template <class Key, class Value>
using table = ebb::bench::peers::standard<std::unordered_map<Key, Value>>;

const std::string version = "libstdc++ " + std::to_string(_GLIBCXX_RELEASE);

} // namespace

EBB_PEER("std::unordered_map", version.c_str(), table)
