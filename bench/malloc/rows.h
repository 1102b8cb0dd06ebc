// The malloc suite's tables of rows: which benchmarks and scenarios there are, and how often each
// repeats its operation.
#pragma once

#include <ebb/bench/malloc/row.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ebb::bench::suite {

/// Whose rows they are.
enum class runs_with : std::uint8_t {
    every_malloc,
    a_ledger, ///< those that have ebb_heap_ledger
};

/// Whether the budget holds the row.
enum class in_budget : std::uint8_t {
    no, ///< several threads, whose turns differ, or more memory than a check should take
    yes,
};

/// A benchmark of bench_malloc_micro. The number of iterations is fixed, so that what is counted
/// repeats: about .05 to .2 s with glibc's malloc. Callgrind is some fifty times as slow, and a
/// figure for one operation hardly changes beyond some 100,000 of them.
struct micro {
    std::string_view group;
    std::string_view benchmark; ///< as Google Benchmark names it, without what it appends
    std::string_view label;
    std::uint64_t iterations = 0;
    /// Under callgrind. None where threads meet: there they run one at a time, so that what they do
    /// to each other isn't in the count.
    std::uint64_t counted_iterations = 0;
    in_budget budget = in_budget::yes;
    std::uint64_t live_bytes = 0; ///< what it holds; beyond 64 MiB it isn't run by --quick
    std::string_view suffix = "";
    runs_with with = runs_with::every_malloc;
};

[[nodiscard]] std::span<const micro> micros() noexcept;

/// A scenario of bench_malloc_cell.
struct scenario {
    std::string name;
    std::vector<std::string> words;
    std::uint64_t live_bytes = 0;
    std::vector<std::pair<std::string, row>> rows; ///< by the figure that fills it
    bool asked_for = false; ///< takes minutes: only when --only names it, or with --full
    in_budget budget = in_budget::no;
};

/// `quick`: less work in some of them.
[[nodiscard]] std::vector<scenario> scenarios(bool quick);

} // namespace ebb::bench::suite
