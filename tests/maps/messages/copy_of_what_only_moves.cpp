// says: a map whose keys or values can't be copied can't be copied itself: move it
#include <ebb/maps/hash_map.h>

#include <memory>

int main() {
    ebb::hash_map<int, std::unique_ptr<int>> m;
    m[1] = std::make_unique<int>(2);
    const auto copy = m;
    return static_cast<int>(copy.size());
}
