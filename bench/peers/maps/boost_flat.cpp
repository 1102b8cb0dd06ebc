#include <ebb/bench/peers/maps/boost_flat.h>
#include <ebb/bench/peers/peer.h>

#include <boost/version.hpp>

namespace {

template <class Key, class Value>
using table = ebb::bench::peers::standard<ebb::bench::peers::map_over<Key, Value>>;

} // namespace

EBB_PEER("boost::unordered_flat_map", BOOST_LIB_VERSION, table)
