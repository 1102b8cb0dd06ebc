// A result of the map suite that a test fills in itself.
#pragma once

#include <ebb/bench/peers/plan.h>

#include <stdexcept>
#include <string_view>
#include <vector>

namespace ebb::bench::peers {

inline constexpr block million{key_kind::random, 1'000'000, 8};
inline constexpr block thousand{key_kind::random, 1'000, 8};

inline const column& column_of(std::string_view key) {
    for (const column& c : columns()) {
        if (c.key == key) {
            return c;
        }
    }
    throw std::runtime_error("no such column");
}

inline map_result result_of(const std::vector<std::string_view>& keys,
                            const std::vector<block>& blocks) {
    map_result r;
    r.maps = {{"hash_map", "/bin/a", "ebb::hash_map", "0.1.0", ""}};
    for (const std::string_view key : keys) {
        r.plan.wanted.push_back(column_of(key));
    }
    r.plan.blocks = blocks;
    return r;
}

} // namespace ebb::bench::peers
