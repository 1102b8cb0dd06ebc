// The mallocs of the suite's table: where their libraries lie and which versions they are.
#pragma once

#include <ebb/bench/malloc/row.h>

#include <string>
#include <vector>

namespace ebb::bench::suite {

/// The mallocs that `words` name, known ones in the order of known_mallocs, then libraries given as
/// NAME=PATH in the words' order; without words all known ones that have a library of their own,
/// ebb's only where it was built. One that isn't installed has `missing` filled in. `own_version`
/// is ebb's. Throws refused when a word is neither, when a NAME comes twice, or when a PATH isn't a
/// library whose malloc answers once it is preloaded. Cost: a process of dpkg-query for each known
/// one, one of bench_malloc_cell for each library.
[[nodiscard]] std::vector<subject> find_subjects(const std::vector<std::string>& words,
                                                 const std::string& own_version);

} // namespace ebb::bench::suite
