// Runs the arena suite: every load once with each arena, in a fresh process, then all again.
#pragma once

#include <ebb/bench/arenas/rows.h>
#include <ebb/bench/malloc/row.h>
#include <ebb/bench/report/budget_run.h>

#include <cstddef>
#include <string>
#include <vector>

namespace ebb::bench::arenas {

struct arena_choice {
    std::vector<std::string> only;   ///< groups or rows' keys; empty: all
    std::vector<std::string> arenas; ///< empty: all
    bool quick = false;              ///< nothing that holds more than 128 MiB
};

struct arena_settings {
    std::size_t rounds = 5;
    // Counted once, each in a run of its own.
    bool system_calls = true;
    bool instructions = true;
    before_process before = [](std::size_t, std::size_t, const std::string&) {};
};

/// All of it, in the malloc suite's words, so that its tables and its JSON show it: a malloc there
/// is an arena here. What doesn't fit into `available_bytes` (0: unknown, all fits) is left out
/// with a note. Throws std::runtime_error when bench_arenas_cell isn't beside this program.
[[nodiscard]] suite::suite_result run_arenas(const arena_choice& c, const arena_settings& s,
                                             std::uint64_t available_bytes);

/// For run_budget: instructions and page faults of ebb's own arenas, a row "pair-24 pool".
[[nodiscard]] budgeted_suite budgeted_arenas(arena_choice c, std::uint64_t available_bytes);

} // namespace ebb::bench::arenas
