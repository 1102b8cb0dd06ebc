// What a peer's program does: one scenario on one kind of map, in this process alone.
//
//     PROGRAM describe                                      its label, a tab, its version
//     PROGRAM SCENARIO KEYS COUNT VALUE_BYTES [OPERATIONS]  figures (process/figure.h)
// OPERATIONS: how many a loop of look-ups makes at least, in whole passes over the map (one).
// Exit: 0 measured, 1 failed (the map is wrong, or no memory), 2 usage.
#pragma once

#include <ebb/bench/peers/measured_map.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace ebb::bench::peers {

/// Makes empty maps; null for a size of value that isn't one of value_sizes.
class peer {
  public:
    using integers = std::unique_ptr<measured_map<std::int64_t>>;
    using strings = std::unique_ptr<measured_map<std::string>>;

    peer() = default;
    peer(const peer&) = delete;
    peer& operator=(const peer&) = delete;
    virtual ~peer() = default;
    [[nodiscard]] virtual integers of_integers(std::size_t value_bytes) const = 0;
    [[nodiscard]] virtual strings of_strings(std::size_t value_bytes) const = 0;
};

/// main of a peer's program.
[[nodiscard]] int run_peer(int argc, char** argv, const char* label, const char* version,
                           const peer& maps);

} // namespace ebb::bench::peers
