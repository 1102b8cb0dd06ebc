// The malloc suite's part of the budget: instructions and page faults of ebb's own malloc.
#pragma once

#include <ebb/bench/malloc/plan.h>
#include <ebb/bench/malloc/row.h>
#include <ebb/bench/report/budget.h>

#include <functional>
#include <string>
#include <vector>

namespace ebb::bench::suite {

/// Without the tasks that the budget leaves out, and the rows that they would have filled.
[[nodiscard]] suite_plan only_budgeted(suite_plan plan);

/// What a run of such a plan found of one malloc. A row of its own that counts page faults or
/// instructions is that figure of its task.
[[nodiscard]] row_figures figures_of(const suite_result& r, const suite_plan& plan,
                                     const std::string& malloc);

struct budget_words {
    std::string file;
    bool renew = false;
    std::size_t runs = 10; ///< of a renewal
    bool whole = true;     ///< all rows are measured: rows of the file that aren't are gone
};

/// Checks one run against the file, or renews the file from `runs` of them. Prints a line for each
/// figure that isn't as it should be, and one at the end.
/// True when all are well, or the file is written. Throws std::runtime_error when a row can't be
/// measured, or as read_budget and write_budget do.
[[nodiscard]] bool run_budget(const suite_plan& plan, const subject& malloc, const budget_words& w,
                              const std::function<void(const std::string&)>& progress);

} // namespace ebb::bench::suite
