#include <ebb/bench/malloc/micro_report.h>

#include <nlohmann/json.hpp>

namespace ebb::bench::suite {

std::optional<micro_figures> read_micro(const std::string& text) {
    const auto report = nlohmann::json::parse(text, nullptr, false);
    if (report.is_discarded() || !report.contains("benchmarks") ||
        report["benchmarks"].size() != 1) {
        return std::nullopt;
    }
    const auto& found = report["benchmarks"][0];
    if (found.value("error_occurred", false) || found.value("time_unit", "") != "ns" ||
        !found.contains("real_time") || !found.contains("cpu_time")) {
        return std::nullopt;
    }
    const double operations = found.value("operations", 1.0);
    const bool own_clock = found.value("name", "").ends_with("/manual_time");
    const double wall = found["real_time"].get<double>() / operations;
    return micro_figures{own_clock ? wall : found["cpu_time"].get<double>() / operations, wall,
                         found.value("page_faults", 0.0), operations};
}

} // namespace ebb::bench::suite
