// says: ebb needs C++20
// flags: -std=c++17
#include <ebb/maps/hash_map.h>

int main() {
    return 0;
}
