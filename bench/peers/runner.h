// Runs the map suite: every scenario once with each map, in a fresh process, then all again.
#pragma once

#include <ebb/bench/peers/plan.h>

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace ebb::bench::peers {

struct map_settings {
    std::size_t rounds = 5;
    bool quick = false;
    std::vector<std::string> beside{"boost_flat", "absl_flat"};
    /// Told before each process: which of how many, and its name.
    std::function<void(std::size_t at, std::size_t of, const std::string& name)> before =
        [](std::size_t, std::size_t, const std::string&) {};
};

/// Runs all of it. A process that fails leaves a line in `failures` and no figure, and its map
/// isn't tried again in that scenario and block. Throws std::system_error when a process can't be
/// started.
[[nodiscard]] map_result run_maps(const map_plan& plan, const std::vector<map_subject>& maps,
                                  const map_settings& settings);

} // namespace ebb::bench::peers
