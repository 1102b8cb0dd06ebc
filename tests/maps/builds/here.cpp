// One half of a program whose files are compiled in different ways: makes maps, and has the other
// half change them.
#include <ebb/maps/hash_map.h>
#include <ebb/maps/node_hash_map.h>

#include <cstdlib>
#include <string>

struct tables {
    ebb::hash_map<int, int> ids;
    long before = 0x1234567;
    ebb::hash_map<std::string, std::string> names;
    ebb::node_hash_map<int, std::string> nodes;
    long after = 0x7654321;
};
void change(tables& t, int from, int to);
int sum(ebb::hash_map<int, int>::const_iterator at, ebb::hash_map<int, int>::const_iterator end);

// Never destroyed, as many programs have one: no leak.
tables& forever() {
    static tables& t = *new tables;
    return t;
}

int main() {
    tables& t = forever();
    for (int n = 0; n < 1000; ++n) {
        t.ids[n] = n;
        t.names[std::to_string(n)] = "a name that is longer than a small string";
        t.nodes[n] = std::to_string(n);
    }
    change(t, 500, 20'000);
    for (int n = 0; n < 20'000; ++n) {
        const bool here = n < 500 || n >= 1000;
        if ((t.ids.count(n) == 1) != here || (t.names.count(std::to_string(n)) == 1) != here ||
            (t.nodes.count(n) == 1) != here) {
            std::abort();
        }
    }
    if (sum(t.ids.begin(), t.ids.end()) != 499 * 250 || t.before != 0x1234567 ||
        t.after != 0x7654321) {
        std::abort();
    }
    t.ids.validate();
    t.names.validate();
    t.nodes.validate();
}
