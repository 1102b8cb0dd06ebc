// What tests ask of the malloc suite's plan.
#pragma once

#include <ebb/bench/malloc/plan.h>

#include <string>
#include <vector>

namespace tests {

inline std::vector<std::string> keys_of(const ebb::bench::suite::suite_plan& p) {
    std::vector<std::string> keys;
    for (const ebb::bench::suite::row& r : p.rows) {
        keys.push_back(r.key);
    }
    return keys;
}

} // namespace tests
