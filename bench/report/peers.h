// What `bench/run maps` prints: tables for people, one object for programs.
#pragma once

#include <ebb/bench/peers/plan.h>
#include <ebb/bench/peers/subjects.h>

#include <optional>
#include <string>

namespace ebb::bench::peers {

/// A figure as its column shows it: three digits that count, megabytes of 1,000,000 bytes.
[[nodiscard]] std::string figure(double value, unit in);

/// One map's times in one block beside the maps of `map_result::beside`.
struct beside_best {
    /// The geometric mean of insert, hit, miss and iterate, over the least such mean of those maps.
    double mean = 0;
    /// The same, each time over the least of those maps in that column.
    double mean_of_least = 0;
    double worst = 0; ///< the largest of these four
    std::string worst_column;
    std::optional<double> erase; ///< over the least erase of those maps
};

/// Absent without these four times of this map, or without one of those maps' own.
[[nodiscard]] std::optional<beside_best> compare_beside(const map_result& r, const block& b,
                                                        const std::string& map);

/// The number that is printed: of bytes in megabytes, of nanoseconds in milliseconds millions.
[[nodiscard]] double shown(double value, unit in) noexcept;

/// 1,000,000.
[[nodiscard]] std::string grouped(std::size_t n);

/// For each block its tables, a row a map: median and median absolute deviation; then the
/// comparison; what is missing and what failed.
[[nodiscard]] std::string maps_table(const map_result& r);

/// For each pair the table of before and after (report/before_after.h): a row an operation and
/// block, a line each of its figures that one of the two has; then notes and failures.
[[nodiscard]] std::string maps_between(const map_result& r, const std::vector<map_pair>& pairs);

/// One object: cores, rounds, maps, blocks with every round's value as a ratio, in bytes or
/// nanoseconds. Null for what is absent.
[[nodiscard]] std::string maps_json(const map_result& r);

} // namespace ebb::bench::peers
