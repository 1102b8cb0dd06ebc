#include <ebb/bench/report/median.h>
#include <ebb/bench/report/suite.h>

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace ebb::bench::suite {
namespace {

constexpr double bytes_in_a_megabyte = 1 << 20;

double in_measure(double value, measure in) {
    switch (in) {
    case measure::megabytes:
        return value / bytes_in_a_megabyte;
    case measure::milliseconds:
        return value * 1000;
    default:
        return value;
    }
}

std::string digits(double value, int after_point) {
    std::string text = fmt::format("{:.{}f}", value, after_point);
    // A zero with a sign says nothing.
    return text.find_first_not_of("-0.") == std::string::npos && text.front() == '-'
               ? text.substr(1)
               : text;
}

int digits_after_point(double value, measure in) {
    const double size = std::abs(value);
    if (in == measure::bytes || in == measure::count || size >= 100) {
        return 0;
    }
    return size >= 10 ? 1 : 2;
}

// Columns of a text in UTF-8: bytes that continue a character take none.
std::size_t width(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    }));
}

using lines_of_cells = std::vector<std::vector<std::string>>;

// The first column to the left, the others to the right.
std::string lined_up(const lines_of_cells& lines) {
    std::vector<std::size_t> widths;
    for (const auto& line : lines) {
        widths.resize(std::max(widths.size(), line.size()));
        for (std::size_t i = 0; i < line.size(); ++i) {
            widths[i] = std::max(widths[i], width(line[i]));
        }
    }
    std::string text;
    for (const auto& line : lines) {
        std::string one;
        for (std::size_t i = 0; i < line.size(); ++i) {
            const std::string fill(widths[i] - width(line[i]), ' ');
            one += i == 0 ? line[i] + fill : "  " + fill + line[i];
        }
        text += one.substr(0, one.find_last_not_of(' ') + 1) + '\n';
    }
    return text;
}

std::vector<std::string> line_of(const suite_result& r, const row& at,
                                 const std::vector<std::string>& names) {
    std::vector<std::string> line{at.label};
    const auto found = r.values.find(at.key);
    std::vector<std::optional<std::pair<double, double>>> cells;
    std::optional<double> best;
    for (const std::string& name : names) {
        cells.emplace_back();
        if (found == r.values.end() || !found->second.contains(name)) {
            continue;
        }
        const std::vector<double>& runs = found->second.at(name).runs;
        if (const auto middle = middle_of(runs)) {
            cells.back() = {*middle, *deviation_of(runs)};
            best = best ? std::min(*best, *middle) : *middle;
        }
    }
    const bool alone =
        std::count_if(cells.begin(), cells.end(), [](const auto& c) { return c.has_value(); }) < 2;
    for (const auto& cell : cells) {
        if (!cell) {
            line.emplace_back("- ");
            continue;
        }
        const double middle = in_measure(cell->first, at.in);
        line.push_back(
            fmt::format("{} ±{}{}", figure(cell->first, at.in),
                        digits(in_measure(cell->second, at.in), digits_after_point(middle, at.in)),
                        !alone && cell->first == *best ? "*" : " "));
    }
    return line;
}

std::string grouped(std::uint64_t n) {
    return n < 1000 ? std::to_string(n) : fmt::format("{},{:03}", grouped(n / 1000), n % 1000);
}

// Under a micro row's times, what was counted of it; no line when nothing was.
std::optional<std::vector<std::string>> counts_of(const suite_result& r, const row& at,
                                                  const std::vector<std::string>& names) {
    const auto found = r.values.find(at.key);
    if (found == r.values.end() || at.operations == 0) {
        return std::nullopt;
    }
    std::vector<std::string> line{fmt::format("  counted, {} times", grouped(at.operations))};
    bool any = false;
    for (const std::string& name : names) {
        const auto cell = found->second.find(name);
        if (cell == found->second.end()) {
            line.emplace_back("- ");
            continue;
        }
        const auto shown = [](std::optional<double> value, measure in) {
            return value ? figure(*value, in) : "-";
        };
        const cell_values& c = cell->second;
        any = any || c.instructions || c.system_calls;
        line.push_back(fmt::format("{} / {} / {} ", shown(c.instructions, measure::ratio),
                                   shown(middle_of(c.page_faults), measure::count),
                                   shown(c.system_calls, measure::count)));
    }
    return any ? std::optional(line) : std::nullopt;
}

void add_means(lines_of_cells& lines, const suite_result& r,
               const std::vector<std::string>& names) {
    constexpr std::array sets{
        std::pair{mean_of::micro, "micro suites, time"},
        std::pair{mean_of::wall, "programs, wall"},
        std::pair{mean_of::cpu, "programs, CPU"},
        std::pair{mean_of::peak, "programs of 10 MB and more, peak RSS"},
        std::pair{mean_of::after_peak, "RSS after the peak, idle"},
    };
    bool first = true;
    for (const auto& [set, label] : sets) {
        if (!relative_to_glibc(r, set, "glibc")) {
            continue;
        }
        if (std::exchange(first, false)) {
            lines.push_back({""});
            lines.push_back({"geometric means, relative to glibc (rows)"});
        }
        lines.push_back({fmt::format("  {}", label)});
        for (const std::string& name : names) {
            const auto mean = relative_to_glibc(r, set, name);
            lines.back().push_back(mean ? fmt::format("{:.3f} ({}) ", mean->ratio, mean->rows)
                                        : "- ");
        }
    }
}

} // namespace

std::string figure(double value, measure in) {
    const double shown = in_measure(value, in);
    return digits(shown, digits_after_point(shown, in));
}

std::string suite_table(const suite_result& r) {
    std::vector<std::string> names;
    std::string versions;
    std::string after;
    for (const subject& m : r.mallocs) {
        if (m.missing.empty()) {
            names.push_back(m.name);
            versions += fmt::format("{}{}{}{}", versions.empty() ? "" : ", ", m.name,
                                    m.version.empty() ? "" : " ", m.version);
        } else {
            after += fmt::format("{}: {}\n", m.name, m.missing);
        }
    }
    lines_of_cells lines{{""}};
    for (const std::string& name : names) {
        lines.front().push_back(name + ' ');
    }
    std::string group;
    for (const row& at : r.rows) {
        if (at.group != std::exchange(group, at.group)) {
            lines.push_back({""});
        }
        lines.push_back(line_of(r, at, names));
        if (auto counted = counts_of(r, at, names)) {
            lines.push_back(std::move(*counted));
        }
    }
    add_means(lines, r, names);
    for (const auto& [key, ratio] : behind(r, "ebb", 1.5)) {
        after += fmt::format("ebb takes {:.2f} x the best of the others in {}\n", ratio, key);
    }
    for (const std::string& note : r.notes) {
        after += note + '\n';
    }
    for (const std::string& failure : r.failures) {
        after += "failed: " + failure + '\n';
    }
    return fmt::format("{}\n{} interleaved rounds{}, each figure from a process of its own: median "
                       "±median absolute deviation, * the least.\n"
                       "ns: CPU time an operation; MB: 1,048,576 bytes. counted: instructions an "
                       "operation / page faults /\nsystem calls of so many iterations.\n\n{}{}{}",
                       versions, r.rounds, r.quick ? " (--quick)" : "", lined_up(lines),
                       after.empty() ? "" : "\n", after);
}

} // namespace ebb::bench::suite
