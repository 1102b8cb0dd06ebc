#include <ebb/bench/peers/peer.h>

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/version.hpp>

namespace {

template <class Key, class Value>
using table = ebb::bench::peers::standard<boost::unordered_flat_map<Key, Value>>;

} // namespace

EBB_PEER("boost::unordered_flat_map", BOOST_LIB_VERSION, table)
