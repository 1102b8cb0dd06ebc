// What the `ebb maps` command prints: the table for people, one object a line for programs.
#pragma once

#include <ebb/bench/maps/runner.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ebb::bench {

/// How the table shows bytes.
enum class unit : std::uint8_t {
    megabytes, ///< 1,048,576 bytes, cut off as the book does: 483,5xx,xxx reads 461
    bytes,     ///< exact, with a comma every three digits
};

/// One figure; `-` for what is absent.
[[nodiscard]] std::string figure(std::optional<std::int64_t> bytes, unit u);

/// The JSON objects of one run of one cell, a line for each step, with the keys in a fixed order:
/// layout, malloc, reclaim, step, count, requested, slack, dead, idle, overhead, mapped, peak,
/// resident, seconds. Bytes; null for what is absent.
[[nodiscard]] std::string json_lines(const result& r, const std::vector<record>& run);

/// The whole report: a table of the layouts, one of the remedy if it was run, a line for each
/// layout that says where the bytes are, notes on how to read it.
[[nodiscard]] std::string table(const std::vector<result>& results, unit u);

/// "inline, go, full: 483,562,248 bytes = payload 136,000,000 + …": the parts sum to the bytes.
[[nodiscard]] std::string parts_line(const result& r, const record& at);

} // namespace ebb::bench
