#include <ebb/bench/report/before_after.h>
#include <ebb/bench/report/suite.h>

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace ebb::bench::suite {
namespace {

// What a row's values are divided by to be in the unit that the table names.
std::pair<const char*, double> printed_unit_of(measure in) {
    switch (in) {
    case measure::nanoseconds:
        return {"ns", 1};
    case measure::seconds:
        return {"s", 1};
    case measure::milliseconds:
        return {"ms", 1e-3};
    case measure::megabytes:
        return {"MB", 1 << 20};
    case measure::bytes:
        return {"bytes", 1};
    case measure::count:
        return {"count", 1};
    case measure::ratio:
        return {"each", 1};
    }
    return {"", 1};
}

std::vector<double> divided(const std::vector<double>& values, double by) {
    std::vector<double> all;
    std::transform(values.begin(), values.end(), std::back_inserter(all),
                   [by](double v) { return v / by; });
    return all;
}

std::vector<double> one(const std::optional<double>& value) {
    return value ? std::vector<double>{*value} : std::vector<double>{};
}

} // namespace

std::string suite_between(const suite_result& r, const std::string& before,
                          const std::string& after) {
    std::vector<compared_row> rows;
    for (const row& at : r.rows) {
        const auto values = [&](const std::string& name) {
            const auto row_found = r.values.find(at.key);
            if (row_found == r.values.end() || !row_found->second.contains(name)) {
                return cell_values{};
            }
            return row_found->second.at(name);
        };
        const cell_values b = values(before);
        const cell_values a = values(after);
        const auto [unit, by] = printed_unit_of(at.in);
        rows.push_back({at.key, unit, divided(b.runs, by), divided(a.runs, by)});
        rows.push_back({at.key, "instructions", one(b.instructions), one(a.instructions)});
        rows.push_back({at.key, "page faults", b.page_faults, a.page_faults});
        rows.push_back({at.key, "system calls", one(b.system_calls), one(a.system_calls)});
    }
    std::string text;
    for (const subject& m : r.mallocs) {
        if (m.name == before || m.name == after) {
            text += m.name + ": " + (m.missing.empty() ? m.version : m.missing) + '\n';
        }
    }
    text += fmt::format("{} interleaved rounds{}; instructions: an operation, counted once; page "
                        "faults: of a run, in each round;\nsystem calls: of a run, counted once\n",
                        r.rounds, r.quick ? " (--quick)" : "");
    text += before_after_table(before, after, rows);
    std::string notes;
    for (const std::string& note : r.notes) {
        notes += note + '\n';
    }
    for (const std::string& failure : r.failures) {
        notes += "failed: " + failure + '\n';
    }
    return notes.empty() ? text : text + '\n' + notes;
}

} // namespace ebb::bench::suite
