// Two builds of one thing, measured in the same interleaved rounds: the table that says what a
// change did. One implementation for mallocs and for maps.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace ebb::bench {

/// A figure of one row, before and after: a value a round, in the rounds' order and in the unit
/// that `figure` names. What was counted once has one value.
struct compared_row {
    std::string row;
    std::string figure; ///< "ns", "page faults"
    std::vector<double> before;
    std::vector<double> after;
};

struct ratio_of_rounds {
    double ratio = 0;  ///< after over before, round by round: the median of these
    double spread = 0; ///< the median absolute deviation of these
};

/// Two zeros are equal: their ratio is one. Absent without a round in which both have a value, and
/// when a figure rose from zero or fell below it.
[[nodiscard]] std::optional<ratio_of_rounds> compare_rounds(const std::vector<double>& before,
                                                            const std::vector<double>& after);

/// A head line that says what the columns are, then a line a row: row, figure, the medians before
/// and after, ratio, spread (`-` where it was measured once). `-` for what is absent; a row without
/// a value on either side is left out. A row's name stands in its first line alone.
[[nodiscard]] std::string before_after_table(const std::string& before, const std::string& after,
                                             const std::vector<compared_row>& rows);

} // namespace ebb::bench
