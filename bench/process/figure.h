// How a measuring process hands its figures on: a line each, the figure's key, a tab, its value.
//
// A key names a row of the table, or after a `+` a point of that row's series over time. No
// library, no allocation: the measuring process is kept as small as it can be.
#pragma once

#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

namespace ebb::bench {

struct figure_line {
    std::string key;
    double value = 0;
};

inline void print_figure(const char* key, double value) {
    std::printf("%s\t%.9g\n", key, value);
    std::fflush(stdout);
}

/// Absent when it is no such line.
[[nodiscard]] std::optional<figure_line> read_figure(std::string_view line);

} // namespace ebb::bench
