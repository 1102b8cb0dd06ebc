// The mallocs of the suite's table: where their libraries lie and which versions they are.
#pragma once

#include <ebb/bench/malloc/row.h>

#include <string>
#include <vector>

namespace ebb::bench::suite {

/// Those named, in the order of known_mallocs; without names all that have a library of their own,
/// ebb's only where it was built. One that isn't installed has `missing` filled in.
/// `own_version` is ebb's. Cost: a process of dpkg-query each.
[[nodiscard]] std::vector<subject> find_subjects(const std::vector<std::string>& names,
                                                 const std::string& own_version);

} // namespace ebb::bench::suite
