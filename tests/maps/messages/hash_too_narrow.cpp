// says: the hash function must return an integer of at least 32 bits
#include <ebb/maps/hash_set.h>

struct first_byte {
    unsigned char operator()(int n) const { return static_cast<unsigned char>(n); }
};

int main() {
    ebb::hash_set<int, first_byte> s;
    s.insert(1);
    return static_cast<int>(s.count(2));
}
