// What is counted of a map's program in runs of their own: process/counted.h's words for the
// columns.
#pragma once

#include <ebb/bench/peers/plan.h>
#include <ebb/bench/process/child.h>
#include <ebb/bench/process/figure.h>

#include <string>
#include <vector>

namespace ebb::bench::peers {

/// Figures by what column::figure names, or why there are none.
struct counts {
    std::vector<figure_line> figures;
    std::string missing;
};

/// Runs the program once under `by`, which is callgrind or strace. Cost: process/counted.h.
[[nodiscard]] counts counted(const command& what, said_by by);

/// What a counted figure is divided by: operations for instructions, teeth in the table `eighths`,
/// nothing (1) for the calls of a whole loop.
[[nodiscard]] double share_of(const column& c, std::size_t entries) noexcept;

} // namespace ebb::bench::peers
