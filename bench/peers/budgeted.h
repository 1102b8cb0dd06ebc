// The map suite's part of the budget: what ebb's own maps may take, of what is counted.
#pragma once

#include <ebb/bench/peers/plan.h>
#include <ebb/bench/report/budget_run.h>

#include <array>
#include <string_view>
#include <vector>

namespace ebb::bench::peers {

/// The maps that have a budget.
inline constexpr std::array<std::string_view, 2> budgeted_maps{"hash_map", "node_hash_map"};

/// The tables counts and eighths, with values of 8 and 128 bytes.
[[nodiscard]] map_plan budget_plan();

/// Instructions, page faults and madvise calls of a run. A row is called by map, operation and size
/// of value, in the table eighths by the number of entries, too; its figures there are those of all
/// teeth that count.
[[nodiscard]] row_figures figures_of(const map_result& r);

/// The suite for run_budget, with these maps: the programs in bin/peers/budget, whose counts
/// repeat.
[[nodiscard]] budgeted_suite budgeted(const std::vector<map_subject>& maps);

} // namespace ebb::bench::peers
