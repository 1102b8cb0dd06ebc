#include <ebb/bench/report/grid.h>

#include <algorithm>

namespace ebb::bench {
namespace {

// Columns of a text in UTF-8: bytes that continue a character take none.
std::size_t width_of(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    }));
}

} // namespace

std::string grid(const std::vector<grid_column>& columns,
                 const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        std::size_t width = width_of(columns[i].head);
        for (const auto& row : rows) {
            width = std::max(width, i < row.size() ? width_of(row[i]) : 0);
        }
        widths.push_back(width);
    }
    std::string text;
    const auto put = [&](std::size_t i, const std::string& word) {
        const std::string fill(widths[i] - width_of(word), ' ');
        text += i == 0 ? "" : "  ";
        text += columns[i].to == side::left ? word + fill : fill + word;
    };
    const auto end_line = [&text] {
        text.erase(text.find_last_not_of(' ') + 1);
        text += '\n';
    };
    for (std::size_t i = 0; i < columns.size(); ++i) {
        put(i, columns[i].head);
    }
    end_line();
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            put(i, row[i]);
        }
        end_line();
    }
    return text;
}

} // namespace ebb::bench
