// The other half of here.cpp.
#include <ebb/maps/hash_map.h>
#include <ebb/maps/node_hash_map.h>

#include <string>

struct tables {
    ebb::hash_map<int, int> ids;
    long before;
    ebb::hash_map<std::string, std::string> names;
    ebb::node_hash_map<int, std::string> nodes;
    long after;
};
void change(tables& t, int from, int to);
int sum(ebb::hash_map<int, int>::const_iterator at, ebb::hash_map<int, int>::const_iterator end);

/// Erases `from` to 999, adds 1000 to `to` - 1 with 0 as their numbers.
void change(tables& t, int from, int to) {
    for (int n = from; n < 1000; ++n) {
        t.ids.erase(n);
        t.names.erase(std::to_string(n));
        t.nodes.erase(n);
    }
    for (int n = 1000; n < to; ++n) {
        t.ids.emplace(n, 0);
        t.names.emplace(std::to_string(n), "new");
        t.nodes.emplace(n, "new");
    }
}

int sum(ebb::hash_map<int, int>::const_iterator at, ebb::hash_map<int, int>::const_iterator end) {
    int of = 0;
    for (; at != end; ++at) {
        of += at->second;
    }
    return of;
}
