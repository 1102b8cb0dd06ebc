// says: the key has no hash: write template <> struct std::hash<Key>
#include <ebb/maps/node_hash_set.h>

#include <utility>

struct point {
    int x;
    bool operator==(const point&) const = default;
};

int main() {
    ebb::node_hash_set<std::pair<int, point>> s;
    s.insert({1, {2}});
    return static_cast<int>(s.size());
}
