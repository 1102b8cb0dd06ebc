// says: the hash function must return an integer of at least 32 bits
#include <ebb/maps/hash_map.h>

struct nothing {
    void operator()(int n) const { static_cast<void>(n); }
};

int main() {
    ebb::hash_map<int, int, nothing> m;
    m[1] = 2;
    return static_cast<int>(m.count(3));
}
