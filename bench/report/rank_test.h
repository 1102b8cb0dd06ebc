// Whether two sets of few runs differ by more than chance.
//
// The Mann-Whitney U test: it compares ranks, so that one slow run of a busy machine counts as one,
// and asks nothing of how the times are distributed. Source: H. B. Mann, D. R. Whitney, "On a test
// of whether one of two random variables is stochastically larger than the other", 1947.
#pragma once

#include <cstddef>
#include <vector>

namespace ebb::bench {

/// The probability that samples of one distribution lie at least as far apart as `a` and `b`, both
/// ways together. Exact, ties included, up to 400 pairs (20 runs beside 20); beyond by the normal
/// approximation with its corrections for ties and continuity. 1 when either is empty.
/// Cost: exact, some hundred thousand additions at most.
[[nodiscard]] double rank_test(const std::vector<double>& a, const std::vector<double>& b);

/// Holm's correction of several tests of one question: a result stands below 0.05 only if it would
/// among so many. Source: S. Holm, "A simple sequentially rejective multiple test procedure", 1979.
[[nodiscard]] std::vector<double> holm(const std::vector<double>& p);

/// The smallest number of runs of each with which one of `comparisons` could be significant at all.
[[nodiscard]] std::size_t fewest_runs(std::size_t comparisons, double level);

} // namespace ebb::bench
