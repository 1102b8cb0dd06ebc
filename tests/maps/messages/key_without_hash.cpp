// says: the key has no hash: write template <> struct std::hash<Key>
#include <ebb/maps/hash_map.h>

struct point {
    int x;
    int y;
    bool operator==(const point&) const = default;
};

int main() {
    ebb::hash_map<point, int> m;
    m[{1, 2}] = 3;
    return static_cast<int>(m.count({3, 4}));
}
