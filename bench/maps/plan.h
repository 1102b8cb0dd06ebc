// From what was asked for to the cells that will run.
#pragma once

#include <ebb/bench/maps/runner.h>
#include <ebb/bench/refused.h>

#include <optional>
#include <string>
#include <vector>

namespace ebb::bench {

/// What was asked for; empty lists stand for everything, but for layouts: see `in_default_list`.
struct choice {
    std::vector<layout> layouts;
    std::vector<std::string> mallocs; ///< names of known_mallocs, and pages_malloc
    std::vector<reclaim> reclaims;
    std::uint64_t count = 1'000'000;
    std::optional<std::size_t> value_bytes; ///< else 128, and 129 for spill
    bool go = false;                        ///< add rows of the go on PATH
};

struct plan {
    std::vector<result> cells;      ///< in the table's order, nothing measured yet
    std::vector<std::string> notes; ///< what was left out and why, a line each
};

/// Whether a list that names no layout means this one, too: Go's, ebb's own, and the best known
/// others, where they were built.
[[nodiscard]] bool in_default_list(layout l) noexcept;

/// The cells for `c`; a layout that was asked for and not built has one, which says so. Throws
/// refused when a part of it contradicts another, when there is no go on PATH to ask, or when a
/// cell needs more than `available_bytes`.
[[nodiscard]] plan make_plan(const choice& c, std::optional<std::uint64_t> available_bytes);

} // namespace ebb::bench
