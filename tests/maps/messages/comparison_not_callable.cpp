// says: the comparison (KeyEqual) can't be called with two const keys
#include <ebb/maps/node_hash_map.h>

#include <string>

struct of_numbers {
    bool operator()(int a, int b) const { return a == b; }
};

int main() {
    ebb::node_hash_map<std::string, int, ebb::hash<std::string>, of_numbers> m;
    m["one"] = 1;
    return static_cast<int>(m.erase("two"));
}
