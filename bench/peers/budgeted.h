// The map suite's part of the budget: what ebb's own maps may take, of what is counted.
#pragma once

#include <ebb/bench/peers/plan.h>
#include <ebb/bench/report/budget.h>

#include <cstddef>
#include <functional>
#include <string>
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

struct budget_words {
    std::string file;
    bool renew = false;
    std::size_t runs = 10; ///< of a renewal
    bool whole = true;     ///< all maps are measured: rows of the file that aren't are gone
};

/// Checks one run against the file, or renews the file from `runs` of them. Prints a line for each
/// figure that isn't as it should be, and one at the end.
/// True when all are well, or the file is written. Throws std::runtime_error when a row can't be
/// measured, or as read_budget and write_budget do.
[[nodiscard]] bool run_budget(const std::vector<map_subject>& maps, const budget_words& w,
                              const std::function<void(const std::string&)>& progress);

} // namespace ebb::bench::peers
