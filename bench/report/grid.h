// Columns of words and figures, lined up.
#pragma once

#include <string>
#include <vector>

namespace ebb::bench {

enum class side { left, right };

struct grid_column {
    std::string head;
    side to;
};

/// A line of heads and a line a row, two spaces between the columns, none at the ends of lines.
[[nodiscard]] std::string grid(const std::vector<grid_column>& columns,
                               const std::vector<std::vector<std::string>>& rows);

} // namespace ebb::bench
