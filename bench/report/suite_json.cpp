#include <ebb/bench/report/median.h>
#include <ebb/bench/report/suite.h>

#include <nlohmann/json.hpp>

#include <array>
#include <thread>
#include <utility>

namespace ebb::bench::suite {
namespace {

using json = nlohmann::ordered_json;

json or_null(const std::optional<double>& v) {
    return v ? json(*v) : json(nullptr);
}

// Figures are kept in these, whatever the table shows.
const char* unit_of(measure in) {
    switch (in) {
    case measure::nanoseconds:
        return "ns";
    case measure::seconds:
    case measure::milliseconds:
        return "s";
    case measure::count:
        return "count";
    case measure::ratio:
        return "an operation";
    default:
        return "bytes";
    }
}

json cell_of(const cell_values& cell) {
    json object;
    object["median"] = or_null(middle_of(cell.runs));
    object["deviation"] = or_null(deviation_of(cell.runs));
    object["runs"] = cell.runs;
    if (!cell.wall.empty()) {
        object["wall"] = cell.wall;
    }
    if (!cell.page_faults.empty()) {
        object["page_faults"] = cell.page_faults;
        object["system_calls"] = or_null(cell.system_calls);
        object["instructions"] = or_null(cell.instructions);
    }
    if (!cell.series.empty()) {
        object["series"] = cell.series;
    }
    return object;
}

json means_of(const suite_result& r) {
    constexpr std::array sets{
        std::pair{mean_of::micro, "micro"}, std::pair{mean_of::wall, "programs_wall"},
        std::pair{mean_of::cpu, "programs_cpu"}, std::pair{mean_of::peak, "programs_peak"},
        std::pair{mean_of::after_peak, "after_peak"}};
    json all = json::object();
    for (const auto& [set, name] : sets) {
        for (const subject& m : r.mallocs) {
            if (const auto mean = relative_to_glibc(r, set, m.name)) {
                all[name][m.name] = {{"ratio", mean->ratio}, {"rows", mean->rows}};
            }
        }
    }
    return all;
}

} // namespace

std::string suite_json(const suite_result& r) {
    json report;
    report["cores"] = std::thread::hardware_concurrency();
    report["rounds"] = r.rounds;
    report["quick"] = r.quick;
    report["mallocs"] = json::array();
    for (const subject& m : r.mallocs) {
        json one;
        one["name"] = m.name;
        one["version"] = m.missing.empty() ? json(m.version) : json(nullptr);
        one["library"] = m.missing.empty() ? json(m.library) : json(nullptr);
        one["missing"] = m.missing.empty() ? json(nullptr) : json(m.missing);
        report["mallocs"].push_back(std::move(one));
    }
    report["rows"] = json::array();
    for (const row& at : r.rows) {
        json one;
        one["row"] = at.key;
        one["group"] = at.group;
        one["label"] = at.label;
        one["unit"] = unit_of(at.in);
        if (at.operations != 0) {
            one["iterations"] = at.operations;
        }
        one["cells"] = json::object();
        const auto found = r.values.find(at.key);
        for (const subject& m : r.mallocs) {
            const bool has = found != r.values.end() && found->second.contains(m.name) &&
                             !found->second.at(m.name).runs.empty();
            one["cells"][m.name] = has ? cell_of(found->second.at(m.name)) : json(nullptr);
        }
        report["rows"].push_back(std::move(one));
    }
    report["relative_to_glibc"] = means_of(r);
    report["system_calls"] = r.system_calls;
    report["notes"] = r.notes;
    report["failures"] = r.failures;
    return report.dump(1) + '\n';
}

} // namespace ebb::bench::suite
