// says: is not complete here, as where a type holds a map of its own kind: use node_hash_map
#include <ebb/maps/hash_map.h>

struct tree {
    ebb::hash_map<int, tree> kids;
};

int main() {
    tree t;
    t.kids[1].kids[2];
    return static_cast<int>(t.kids.size());
}
