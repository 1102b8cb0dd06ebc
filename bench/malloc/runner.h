// Runs the malloc suite: every task once with each malloc, in a fresh process, then all again.
#pragma once

#include <ebb/bench/malloc/plan.h>
#include <ebb/bench/malloc/row.h>

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace ebb::bench::suite {

struct suite_settings {
    std::size_t rounds = 5;
    bool quick = false;
    // Counted once, each in a run of its own.
    bool system_calls = true;
    bool instructions = true;
    /// Told before each process: which of how many, and its name.
    std::function<void(std::size_t at, std::size_t of, const std::string& name)> before =
        [](std::size_t, std::size_t, const std::string&) {};
};

/// Runs all of it. A process that fails leaves a line in `failures` and no figure, and its malloc
/// isn't tried again in that task. Before the first round every program runs once with each malloc
/// under LD_DEBUG, which tells whether that malloc serves it; the same run warms the files' caches.
/// Throws std::system_error when a process can't be started.
[[nodiscard]] suite_result run_suite(const suite_plan& plan, const std::vector<subject>& mallocs,
                                     const suite_settings& settings);

} // namespace ebb::bench::suite
