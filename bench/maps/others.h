// The maps of others: each is measured by a program of its own, ebb-cell-LAYOUT beside ebb-cell,
// where the build found its package.
#pragma once

#include <ebb/bench/maps/cell.h>

#include <optional>
#include <string>
#include <vector>

namespace ebb::bench {

/// The program that runs a layout's cells. Absent for a map of others that wasn't built. Throws
/// std::runtime_error when there is no ebb-cell.
[[nodiscard]] std::optional<std::string> program_of(layout l);

/// Why layouts without a program can't be had, as for mallocs: "not installed: ...".
[[nodiscard]] std::string how_to_install(const std::vector<layout>& layouts);

} // namespace ebb::bench
