#include <ebb/bench/malloc/budgeted.h>
#include <ebb/bench/malloc/runner.h>
#include <ebb/bench/report/median.h>

#include <algorithm>
#include <set>
#include <stdexcept>

namespace ebb::bench::suite {
namespace {

row_figures measured_once(const suite_plan& plan, const subject& malloc,
                          const before_process& before) {
    suite_settings settings;
    settings.rounds = 1;
    settings.system_calls = false;
    settings.before = before;
    const suite_result result = run_suite(plan, {malloc}, settings);
    if (!result.failures.empty()) {
        throw std::runtime_error(result.failures.front());
    }
    for (const std::string& note : result.notes) {
        if (note.starts_with("instructions")) {
            throw std::runtime_error(note);
        }
    }
    return figures_of(result, plan, malloc.name);
}

} // namespace

suite_plan only_budgeted(suite_plan plan) {
    std::erase_if(plan.tasks, [](const task& t) { return t.budget == in_budget::no; });
    std::set<std::string> filled;
    for (const task& t : plan.tasks) {
        for (const auto& [figure, key] : t.figures) {
            filled.insert(key);
        }
    }
    std::erase_if(plan.rows, [&](const row& r) { return !filled.contains(r.key); });
    return plan;
}

row_figures figures_of(const suite_result& r, const suite_plan& plan, const std::string& malloc) {
    row_figures all;
    for (const task& t : plan.tasks) {
        for (const auto& [figure, key] : t.figures) {
            const auto found = r.values.find(key);
            if (found == r.values.end() || !found->second.contains(malloc)) {
                continue;
            }
            const cell_values& cell = found->second.at(malloc);
            if (t.kind == task_kind::micro) {
                if (cell.instructions) {
                    all[key]["instructions"] = *cell.instructions;
                }
                if (const auto faults = middle_of(cell.page_faults)) {
                    all[key]["page_faults"] = *faults;
                }
            } else if (figure == "faults" || figure == "instructions") {
                if (const auto middle = middle_of(cell.runs)) {
                    all[t.name][figure == "faults" ? "page_faults" : "instructions"] = *middle;
                }
            }
        }
    }
    return all;
}

budgeted_suite budgeted(const suite_plan& plan, subject malloc) {
    // What idle memory's age gives back hangs on how long a row takes, so on the machine: with it
    // eight rows had from 2 to 4,000 page faults in runs of the same library.
    malloc.environment.emplace_back("EBB_OPTIONS=purge_ms:never");
    return {"malloc", "malloc suite",
            [=](const before_process& before) { return measured_once(plan, malloc, before); }};
}

} // namespace ebb::bench::suite
