#include <ebb/bench/report/budget.h>
#include <ebb/bench/report/median.h>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>

namespace ebb::bench {
namespace {

using json = nlohmann::ordered_json;

[[noreturn]] void fail(const std::string& path, const std::string& why) {
    throw std::runtime_error(path + ": " + why);
}

json read_file(const std::string& path) {
    std::ifstream file(path);
    if (!file) {
        fail(path, "can't be read");
    }
    json whole = json::parse(file, nullptr, false);
    if (!whole.is_object()) {
        fail(path, "not a JSON object of suites");
    }
    return whole;
}

// Ten runs on one machine repeat nearly all figures exactly; another machine still differs by what
// isn't ours. Instructions: libc's and libstdc++'s start of a loop, and where the memory that the
// process gets happens to lie. Page faults: how many of the stack's and of the libraries' pages are
// touched between the marks for the first time.
double floor_of(const std::string& figure, double most) {
    return figure == "instructions" ? most * 0.005 : 4 + most * 0.005;
}

double rounded(double value) {
    return std::round(value * 1000) / 1000;
}

} // namespace

budget read_budget(const std::string& path, const std::string& suite) {
    const json whole = read_file(path);
    budget limits;
    if (!whole.contains(suite)) {
        return limits;
    }
    try {
        for (const auto& [row, figures] : whole[suite].items()) {
            for (const auto& [figure, limit] : figures.items()) {
                limits[row][figure] = {limit.at("most").get<double>(),
                                       limit.at("tolerance").get<double>()};
            }
        }
    } catch (const json::exception&) {
        fail(path, "a figure of " + suite + " lacks the numbers `most` and `tolerance`");
    }
    return limits;
}

std::vector<std::string> check_budget(const budget& limits, const row_figures& measured) {
    std::vector<std::string> lines;
    for (const auto& [row, figures] : limits) {
        const auto found = measured.find(row);
        for (const auto& [figure, limit] : figures) {
            if (found == measured.end() || !found->second.contains(figure)) {
                lines.push_back(
                    fmt::format("{}: {}: in the budget, but not measured", row, figure));
                continue;
            }
            const double value = found->second.at(figure);
            if (value > limit.most + limit.tolerance) {
                lines.push_back(fmt::format("{}: {}: {:.8g}, above {:.8g} + {:.8g}", row, figure,
                                            value, limit.most, limit.tolerance));
            }
        }
    }
    for (const auto& [row, figures] : measured) {
        const auto found = limits.find(row);
        for (const auto& [figure, value] : figures) {
            if (found == limits.end() || !found->second.contains(figure)) {
                lines.push_back(
                    fmt::format("{}: {}: {:.8g}, not in the budget", row, figure, value));
            }
        }
    }
    return lines;
}

budget make_budget(const std::vector<row_figures>& runs) {
    budget limits;
    if (runs.empty()) {
        return limits;
    }
    for (const auto& [row, figures] : runs.front()) {
        for (const auto& [figure, first] : figures) {
            std::vector<double> values;
            for (const row_figures& run : runs) {
                const auto found = run.find(row);
                if (found != run.end() && found->second.contains(figure)) {
                    values.push_back(found->second.at(figure));
                }
            }
            if (values.size() != runs.size()) {
                continue;
            }
            const double middle = *middle_of(values);
            const auto [least, most] = std::minmax_element(values.begin(), values.end());
            // Twice: of eleven runs, one is expected to lie beyond the ten others' range.
            const double tolerance = 2 * std::max(middle - *least, *most - middle);
            limits[row][figure] = {rounded(middle),
                                   rounded(std::max(tolerance, floor_of(figure, middle)))};
        }
    }
    return limits;
}

void write_budget(const std::string& path, const std::string& suite, const budget& limits) {
    json whole = std::filesystem::exists(path) ? read_file(path) : json::object();
    json part = json::object();
    for (const auto& [row, figures] : limits) {
        for (const auto& [figure, limit] : figures) {
            part[row][figure] = {{"most", limit.most}, {"tolerance", limit.tolerance}};
        }
    }
    whole[suite] = std::move(part);
    // Beside it, then in its place: a full disk must not cost the old one.
    const std::string beside = path + ".new";
    std::ofstream file(beside);
    file << whole.dump(1) << '\n';
    file.close();
    std::error_code error;
    if (file) {
        std::filesystem::rename(beside, path, error);
    }
    if (!file || error) {
        std::error_code none;
        std::filesystem::remove(beside, none);
        fail(path, "can't be written");
    }
}

} // namespace ebb::bench
