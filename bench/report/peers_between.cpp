#include <ebb/bench/report/before_after.h>
#include <ebb/bench/report/peers.h>

#include <fmt/core.h>

#include <algorithm>

namespace ebb::bench::peers {
namespace {

std::string_view figure_of(const column& c) {
    switch (c.in) {
    case unit::ratio:
        return "x the entries";
    case unit::megabytes:
        return "MB";
    case unit::nanoseconds:
        return "ns";
    case unit::milliseconds:
        return "ms";
    case unit::count:
        break;
    }
    return c.figure == "faults"    ? "page faults"
           : c.figure == "madvise" ? "madvise calls"
           : c.figure == "calls"   ? "system calls"
                                   : c.figure;
}

std::string row_of(const column& c, const block& b) {
    const std::string_view kind = key_kind_names[static_cast<std::size_t>(b.kind)];
    return fmt::format("{}{}{} {} x {}", b.kind == key_kind::random ? "" : kind,
                       b.kind == key_kind::random ? "" : " ", operation_of(c), grouped(b.count),
                       b.value_bytes);
}

std::vector<double> rounds_of(const map_result& r, const block& b, const column& c,
                              const std::string& map) {
    std::vector<double> values;
    const auto in_block = r.values.find(b);
    if (in_block == r.values.end()) {
        return values;
    }
    const auto in_column = in_block->second.find(c.key);
    if (in_column == in_block->second.end() || !in_column->second.contains(map)) {
        return values;
    }
    for (const double value : in_column->second.at(map)) {
        values.push_back(shown(value, c.in));
    }
    return values;
}

} // namespace

std::string maps_between(const map_result& r, const std::vector<map_pair>& pairs) {
    std::string text;
    for (const auto& [before, after] : pairs) {
        std::vector<compared_row> rows;
        for (const block& b : r.plan.blocks) {
            const auto from = static_cast<std::ptrdiff_t>(rows.size());
            for (const column& c : r.plan.wanted) {
                if (!r.plan.has(b, c)) {
                    continue;
                }
                compared_row row{row_of(c, b), std::string(figure_of(c)),
                                 rounds_of(r, b, c, before), rounds_of(r, b, c, after)};
                // Behind the last line of that row, or at the end.
                auto at = rows.end();
                while (at != rows.begin() + from && std::prev(at)->row != row.row) {
                    --at;
                }
                rows.insert(at == rows.begin() + from ? rows.end() : at, std::move(row));
            }
        }
        text += before_after_table(before, after, rows) + '\n';
    }
    for (const std::string& note : r.plan.notes) {
        text += note + '\n';
    }
    for (const std::string& failure : r.failures) {
        text += "failed: " + failure + '\n';
    }
    return text;
}

} // namespace ebb::bench::peers
