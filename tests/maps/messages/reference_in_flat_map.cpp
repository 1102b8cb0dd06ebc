// says: references can't be its values, which move: use node_hash_map
#include <ebb/maps/hash_map.h>

int main() {
    int n = 1;
    ebb::hash_map<int, int&> m;
    m.emplace(1, n);
    return m.at(1);
}
