// says: the hash function can't be called with a const key
#include <ebb/maps/hash_map.h>

#include <string>

struct of_numbers {
    std::size_t operator()(int n) const { return static_cast<std::size_t>(n); }
};

int main() {
    ebb::hash_map<std::string, int, of_numbers> m;
    m["one"] = 1;
    return static_cast<int>(m.erase("two"));
}
