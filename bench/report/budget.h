// What a row may cost: instructions and page faults, kept in a file (bench/budget.json) beside the
// sources, and checked against what is measured. Times aren't in it: they don't repeat.
//
//     { "malloc": { "pair-64": { "instructions": { "most": 101.2, "tolerance": 0.6 }, ... } }, ...
//     }
//
// A figure is exceeded above `most` + `tolerance`, both in the figure's own unit.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace ebb::bench {

/// Figures by row and name: figures["pair-64"]["instructions"].
using row_figures = std::map<std::string, std::map<std::string, double>>;

struct budget_limit {
    double most = 0;
    double tolerance = 0;
};

/// A suite's part of the file, by row and figure.
using budget = std::map<std::string, std::map<std::string, budget_limit>>;

/// Throws std::runtime_error, with one line, when the file can't be read or isn't such a file. A
/// suite that isn't in it has an empty budget.
[[nodiscard]] budget read_budget(const std::string& path, const std::string& suite);

/// A line for each figure that is above its limit, that has a limit and wasn't measured, or that
/// was measured and has no limit. Empty when all is well.
[[nodiscard]] std::vector<std::string> check_budget(const budget& limits,
                                                    const row_figures& measured);

/// From some measured runs: the median, and as tolerance twice the largest distance from it, at
/// least the figure's floor. A figure that a run lacks is left out.
[[nodiscard]] budget make_budget(const std::vector<row_figures>& runs);

/// Replaces the suite's part of the file, and keeps the others'. A file that isn't there is made.
/// Throws std::runtime_error, with one line, when the file is no budget or can't be written; it
/// then is as it was.
void write_budget(const std::string& path, const std::string& suite, const budget& limits);

} // namespace ebb::bench
