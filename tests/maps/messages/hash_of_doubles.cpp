// says: the hash function must return an integer of at least 32 bits
#include <ebb/alloc/arena/go_heap.h>
#include <ebb/maps/go_map.h>

struct half {
    double operator()(int n) const { return n / 2.0; }
};

int main() {
    ebb::go_heap heap;
    ebb::go_map<int, int, half> m(heap);
    m[1] = 2;
    return static_cast<int>(m.count(3));
}
