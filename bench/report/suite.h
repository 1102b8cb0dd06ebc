// What `bench/run malloc` prints: the table for people, one object for programs.
#pragma once

#include <ebb/bench/malloc/row.h>

#include <optional>
#include <string>
#include <vector>

namespace ebb::bench::suite {

/// One figure in its row's measure: three digits that count, or whole numbers beyond. Bytes and
/// nanoseconds beyond a thousand are whole; a megabyte has 1,048,576 bytes.
[[nodiscard]] std::string figure(double value, measure in);

/// A malloc's geometric mean over a set of rows, each relative to glibc, with the number of rows
/// that both have. Rows of `peak` count where glibc's figure is 10 MB or more.
struct relative_mean {
    double ratio = 0;
    std::size_t rows = 0;
};
[[nodiscard]] std::optional<relative_mean> relative_to_glibc(const suite_result& r, mean_of set,
                                                             const std::string& malloc);

/// The keys of the rows in which `malloc`'s median is more than `limit` times the best of the
/// others', that row's ratio behind it. Rows with a best of zero or less, and counts, are left out.
[[nodiscard]] std::vector<std::pair<std::string, double>>
behind(const suite_result& r, const std::string& malloc, double limit);

/// Rows by mallocs: median and median absolute deviation, `*` at the best of a row, under a micro
/// row what was counted; then the
/// geometric means, ebb's rows behind the others, what is missing and why.
[[nodiscard]] std::string suite_table(const suite_result& r);

/// The same figures of two mallocs of the run, before and after a change (before_after.h).
[[nodiscard]] std::string suite_between(const suite_result& r, const std::string& before,
                                        const std::string& after);

/// One object: machine, rounds, mallocs with their versions, rows with every run's value in
/// nanoseconds, seconds or bytes, page faults, system calls, instructions, means. Null for what is
/// absent.
[[nodiscard]] std::string suite_json(const suite_result& r);

} // namespace ebb::bench::suite
