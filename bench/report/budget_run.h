// A suite against its part of the budget: checked, or renewed from several runs.
#pragma once

#include <ebb/bench/report/budget.h>

#include <cstddef>
#include <functional>
#include <string>

namespace ebb::bench {

struct budget_words {
    std::string file;
    bool renew = false;
    std::size_t runs = 10; ///< of a renewal
    bool whole = true;     ///< all rows are measured: rows of the file that aren't are gone
};

/// Told before each process: which of how many, and its name.
using before_process = std::function<void(std::size_t at, std::size_t of, const std::string& name)>;

struct budgeted_suite {
    std::string name;  ///< of its part of the file: "malloc"
    std::string label; ///< for people: "malloc suite"
    /// One run. Throws std::runtime_error when a row can't be measured.
    std::function<row_figures(const before_process&)> measure;
};

/// Checks one run against the file, or renews the file from `runs` of them. Prints a line for each
/// figure that isn't as it should be, and one at the end.
/// True when all are well, or the file is written. Throws std::runtime_error when a row can't be
/// measured, or as read_budget and write_budget do.
[[nodiscard]] bool run_budget(const budgeted_suite& suite, const budget_words& w,
                              const std::function<void(const std::string&)>& progress);

} // namespace ebb::bench
