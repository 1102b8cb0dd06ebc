// Which maps a run of the suite measures: those of its own list, and those of other trees.
#pragma once

#include <ebb/bench/peers/plan.h>

#include <string>
#include <utility>
#include <vector>

namespace ebb::bench::peers {

/// The maps of the list in `folder` (a name, a tab, what it lacks; a line each), as the build
/// wrote it, each asked for its label and version. A second tab and what follows it stand for the
/// version: which tree the map is of. Where there is a program `seeded/NAME`,
/// it counts for NAME. Throws std::runtime_error without that list.
[[nodiscard]] std::vector<map_subject> find_maps(const std::string& folder);

/// What `--maps` names: words are names among `known`, or NAME=FOLDER, where FOLDER has the maps of
/// another tree (bench/peers/tree/build); these are called MAP@NAME. A tree has its maps beside
/// those of the same name that are named, beside all of them when none is.
/// Throws refused, with one line that says what is accepted.
[[nodiscard]] std::vector<map_subject> choose_maps(const std::vector<std::string>& lists,
                                                   const std::vector<map_subject>& known);

/// Names of two maps of a run, before and after.
using map_pair = std::pair<std::string, std::string>;

/// What `--between` names; without it, each map of another tree and this tree's, where a run has
/// nothing but such pairs. Empty: the run's tables are those of all maps. Throws refused.
[[nodiscard]] std::vector<map_pair> choose_between(const std::vector<std::string>& words,
                                                   const std::vector<map_subject>& maps);

} // namespace ebb::bench::peers
