// Runs the cells of a table, each in a fresh process, and keeps what they measured.
#pragma once

#include <ebb/bench/mallocs/cell_process.h>
#include <ebb/bench/maps/cell.h>
#include <ebb/bench/maps/record.h>

#include <functional>
#include <string>
#include <vector>

namespace ebb::bench {

/// What one cell measured in all of its runs.
struct result {
    cell what;
    /// A row of the table: the malloc's name, or what the go on PATH calls itself.
    std::string label;
    /// What stands in place of figures: "not installed: apt install libjemalloc2".
    std::string missing;
    std::vector<std::vector<record>> runs;
};

/// What happens while cells run.
struct observer {
    /// Before each process: which of how many, and what it is called.
    std::function<void(std::size_t at, std::size_t of, const std::string& name)> before =
        [](std::size_t, std::size_t, const std::string&) {};
    /// After the last run of a cell.
    std::function<void(const result&)> done = [](const result&) {};
};

/// Runs `results` (their `what` and `label` filled in) `runs` times each, interleaved: every cell
/// once, then every cell again. A cell whose malloc isn't installed gets its `missing` instead, as
/// one whose layout isn't has it from the plan. Throws cell_failed, std::system_error.
void run_cells(std::vector<result>& results, std::size_t runs, const observer& watch);

/// The name of a cell for people: "inline jemalloc collected".
[[nodiscard]] std::string name_of(const result& r);

} // namespace ebb::bench
