// says: pass the arena
#include <ebb/maps/go_map.h>

int main() {
    ebb::go_map<int, int> m;
    m[1] = 2;
    return static_cast<int>(m.size());
}
