#include <ebb/bench/peers/peer.h>

#include <cstdint>
#include <limits>
#include <sparsehash/sparse_hash_map>
#include <string>

namespace {

void set_deleted(auto& map, std::int64_t) {
    map.set_deleted_key(std::numeric_limits<std::int64_t>::min());
}
void set_deleted(auto& map, const std::string&) {
    map.set_deleted_key("");
}

// Erases only once it was told of a key that never comes.
template <class Key, class Value>
class table : public ebb::bench::peers::standard<google::sparse_hash_map<Key, Value>> {
  public:
    table() { set_deleted(this->map_, Key()); }
};

} // namespace

EBB_PEER("google::sparse_hash_map", EBB_PACKAGE_VERSION, table)
