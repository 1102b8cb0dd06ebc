// What the malloc suite runs: a task is one process for each malloc and round, and fills one row or
// several.
#pragma once

#include <ebb/bench/malloc/programs.h>
#include <ebb/bench/malloc/row.h>
#include <ebb/bench/malloc/rows.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ebb::bench::suite {

/// Who runs a task's words.
enum class task_kind : std::uint8_t {
    micro,    ///< bench_malloc_micro: the name of one benchmark
    scenario, ///< bench_malloc_cell: a scenario and its numbers
    program,  ///< bench_malloc_cell, which launches a program
};

struct task {
    std::string name; ///< for people: "churn/1000", "after-peak"
    task_kind kind = task_kind::micro;
    std::vector<std::string> words;
    /// Which figure of the process belongs to which row's key.
    std::vector<std::pair<std::string, std::string>> figures;
    runs_with with = runs_with::every_malloc;
    program under;                        ///< of a program: what is launched
    std::uint64_t iterations = 0;         ///< of a micro task
    std::uint64_t counted_iterations = 0; ///< the same, under callgrind
    in_budget budget = in_budget::no;
};

struct suite_choice {
    std::vector<std::string> only; ///< groups or rows' keys; empty: all but the group `teeth`
    bool quick = false;
    bool full = false; ///< without names: what takes minutes, too
};

struct suite_plan {
    std::vector<row> rows;
    std::vector<task> tasks;
    std::vector<std::string> notes; ///< what is left out and why
};

/// The names that suite_choice::only takes: the groups, then the rows' keys.
[[nodiscard]] std::vector<std::string> names_in_suite();

/// Rows and tasks in the table's order. What doesn't fit in `available_bytes` (absent: unknown,
/// everything fits) or isn't installed is left out with a note. Programs' inputs are made in
/// `inputs`, if any of them is chosen.
[[nodiscard]] suite_plan make_suite_plan(const suite_choice& c,
                                         std::optional<std::uint64_t> available_bytes,
                                         scratch& inputs);

} // namespace ebb::bench::suite
