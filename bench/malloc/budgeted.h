// The malloc suite's part of the budget: instructions and page faults of ebb's own malloc.
#pragma once

#include <ebb/bench/malloc/plan.h>
#include <ebb/bench/malloc/row.h>
#include <ebb/bench/report/budget_run.h>

#include <string>

namespace ebb::bench::suite {

/// Without the tasks that the budget leaves out, and the rows that they would have filled.
[[nodiscard]] suite_plan only_budgeted(suite_plan plan);

/// What a run of such a plan found of one malloc. A row of its own that counts page faults or
/// instructions is that figure of its task.
[[nodiscard]] row_figures figures_of(const suite_result& r, const suite_plan& plan,
                                     const std::string& malloc);

/// The suite for run_budget: that plan with that malloc, its giving back by age switched off.
[[nodiscard]] budgeted_suite budgeted(const suite_plan& plan, subject malloc);

} // namespace ebb::bench::suite
