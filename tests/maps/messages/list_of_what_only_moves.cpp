// says: can't be copied can't be inserted by a copy, as from a list in braces: move them in
#include <ebb/maps/hash_map.h>

#include <memory>

int main() {
    const ebb::hash_map<int, std::unique_ptr<int>> m{{1, std::make_unique<int>(2)}};
    return static_cast<int>(m.size());
}
