#include <ebb/bench/report/before_after.h>
#include <ebb/bench/report/grid.h>
#include <ebb/bench/report/median.h>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace ebb::bench {
namespace {

// Whole numbers as they are, with a comma every three digits; others with three digits that count.
std::string shown(std::optional<double> value) {
    if (!value) {
        return "-";
    }
    const double size = std::abs(*value);
    if (size >= 100 || *value == std::floor(*value)) {
        std::string text = fmt::format("{:.0f}", *value);
        const std::size_t sign = *value < 0 ? 1 : 0;
        for (std::size_t at = text.size(); at > sign + 3;) {
            at -= 3;
            text.insert(at, 1, ',');
        }
        return text;
    }
    return fmt::format("{:.{}f}", *value, size >= 10 ? 1 : 2);
}

} // namespace

std::optional<ratio_of_rounds> compare_rounds(const std::vector<double>& before,
                                              const std::vector<double>& after) {
    std::vector<double> ratios;
    for (std::size_t i = 0; i < std::min(before.size(), after.size()); ++i) {
        if (before[i] == after[i]) {
            ratios.push_back(1);
        } else if (before[i] > 0 && after[i] >= 0) {
            ratios.push_back(after[i] / before[i]);
        } else {
            return std::nullopt;
        }
    }
    const auto middle = middle_of(ratios);
    const auto off = deviation_of(ratios);
    if (!middle || !off) {
        return std::nullopt;
    }
    return ratio_of_rounds{*middle, *off};
}

std::string before_after_table(const std::string& before, const std::string& after,
                               const std::vector<compared_row>& rows) {
    std::vector<std::vector<std::string>> lines;
    std::string last;
    for (const compared_row& r : rows) {
        if (r.before.empty() && r.after.empty()) {
            continue;
        }
        const auto ratio = compare_rounds(r.before, r.after);
        const bool once = std::min(r.before.size(), r.after.size()) < 2;
        lines.push_back({r.row == last ? "" : r.row, r.figure, shown(middle_of(r.before)),
                         shown(middle_of(r.after)),
                         ratio ? fmt::format("{:.3f}", ratio->ratio) : "-",
                         ratio && !once ? fmt::format("±{:.3f}", ratio->spread) : "-"});
        last = r.row;
    }
    return fmt::format(
               "before: {}, after: {}: medians; ratio: after over before, the median of the "
               "rounds' ratios; spread: their median absolute deviation\n\n",
               before, after) +
           grid({{"row", side::left},
                 {"figure", side::left},
                 {"before", side::right},
                 {"after", side::right},
                 {"ratio", side::right},
                 {"spread", side::right}},
                lines);
}

} // namespace ebb::bench
