// The rows of the malloc suite's table and what was measured in them.
//
// The suite has a namespace of its own: rows, tasks and programs are others' words, too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ebb::bench::suite {

/// What a row's figures are. Figures are kept as nanoseconds, seconds or bytes.
enum class measure : std::uint8_t {
    nanoseconds,
    seconds,
    milliseconds,
    megabytes,
    bytes,
    count,
    ratio,
};

/// The geometric mean that a row is part of, each malloc's figures over glibc's.
enum class mean_of : std::uint8_t { none, micro, wall, cpu, peak, after_peak };

struct row {
    std::string key;   ///< JSON's, and what --only takes: "pair-64"
    std::string group; ///< what --only takes as well: "pairs"
    std::string label; ///< the table's
    measure in = measure::nanoseconds;
    mean_of part_of = mean_of::none;
    std::uint64_t operations = 0; ///< of a micro row: how often a run repeats its iteration
};

/// What one malloc measured in one row: a value a round, in the rounds' order. None where it can't
/// be measured (a ledger that isn't there) or failed.
struct cell_values {
    std::vector<double> runs;
    std::vector<double> wall;   ///< of a micro row: wall time, nanoseconds an operation
    std::vector<double> series; ///< of a load over time: the first round's points, in order
    // Of a micro row: what is counted between its marks, in all operations of a run.
    std::vector<double> page_faults;    ///< a value a round
    std::optional<double> system_calls; ///< counted once
    std::optional<double> instructions; ///< an operation, counted once
};

/// A malloc of the table.
struct subject {
    std::string name;
    std::string library;                    ///< empty when it is missing
    std::string version;                    ///< its package's, or what its library's file is called
    std::string missing;                    ///< what stands in place of figures
    bool has_ledger = false;                ///< ebb_heap_ledger answers
    bool given = false;                     ///< as NAME=PATH
    std::vector<std::string> environment{}; ///< `NAME=value`, of each process under it
};

/// Everything that a run of the suite found.
struct suite_result {
    std::vector<subject> mallocs;
    std::vector<row> rows;
    /// values[row key][malloc name]
    std::map<std::string, std::map<std::string, cell_values>> values;
    /// system_calls[task][malloc][call]: how often it was called, where it was counted.
    std::map<std::string, std::map<std::string, std::map<std::string, std::uint64_t>>> system_calls;
    std::size_t rounds = 0;
    bool quick = false;
    std::vector<std::string> notes; ///< what wasn't measured and why
    std::vector<std::string> failures;
};

} // namespace ebb::bench::suite
