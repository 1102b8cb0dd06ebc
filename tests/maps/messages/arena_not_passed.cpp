// says: pass the arena
#include <ebb/alloc/arena/bump.h>
#include <ebb/maps/hash_map.h>

int main() {
    ebb::hash_map<int, int, ebb::hash<int>, std::equal_to<int>, ebb::bump> m;
    m[1] = 2;
    return static_cast<int>(m.size());
}
