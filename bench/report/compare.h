// What `ebb compare` prints: tables for people, one object for programs.
#pragma once

#include <ebb/bench/programs/compare.h>

#include <string>

namespace ebb::bench {

/// Medians and spread of each measure under each malloc, and which differ from the reference.
[[nodiscard]] std::string compare_table(const comparison& c, const task& what, std::size_t runs);

/// The same as one JSON object on a line: command, runs, reference, mallocs (malloc, library,
/// missing, status and, for each measure, median, least, most, values, ratio, p, p_holm,
/// significant). Bytes or seconds; null for what is absent.
[[nodiscard]] std::string compare_json(const comparison& c, const task& what, std::size_t runs);

} // namespace ebb::bench
