// What bench_malloc_micro printed: Google Benchmark's JSON of one benchmark.
#pragma once

#include <optional>
#include <string>

namespace ebb::bench::suite {

struct micro_figures {
    double nanoseconds; ///< CPU time an operation; of a benchmark with a clock of its own, that
    double wall_nanoseconds; ///< wall time an operation, or that clock's
    double page_faults;      ///< in all of its operations
    double operations;       ///< in one iteration
};

/// Absent when the text holds no such benchmark, or one that gave up.
[[nodiscard]] std::optional<micro_figures> read_micro(const std::string& text);

} // namespace ebb::bench::suite
