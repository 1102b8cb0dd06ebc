#include <ebb/bench/malloc/budgeted.h>
#include <ebb/bench/malloc/runner.h>
#include <ebb/bench/report/median.h>

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <utility>

namespace ebb::bench::suite {
namespace {

constexpr const char* suite_name = "malloc";

row_figures measured_once(const suite_plan& plan, const subject& malloc, std::size_t run,
                          std::size_t runs,
                          const std::function<void(const std::string&)>& progress) {
    suite_settings settings;
    settings.rounds = 1;
    settings.system_calls = false;
    settings.before = [&](std::size_t at, std::size_t of, const std::string& name) {
        progress(fmt::format("run {} of {}: [{}/{}] {}", run, runs, at, of, name));
    };
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

bool run_budget(const suite_plan& plan, const subject& malloc, const budget_words& w,
                const std::function<void(const std::string&)>& progress) {
    if (w.renew) {
        std::vector<row_figures> runs;
        for (std::size_t run = 1; run <= w.runs; ++run) {
            runs.push_back(measured_once(plan, malloc, run, w.runs, progress));
        }
        progress("");
        budget limits = make_budget(runs);
        const std::size_t rows = limits.size();
        if (!w.whole) {
            limits.merge(read_budget(w.file, suite_name));
        }
        write_budget(w.file, suite_name, limits);
        fmt::print("{}: {} rows of the malloc suite renewed from {} runs\n", w.file, rows, w.runs);
        return true;
    }
    budget limits = read_budget(w.file, suite_name);
    const row_figures measured = measured_once(plan, malloc, 1, 1, progress);
    progress("");
    if (!w.whole) {
        std::erase_if(limits, [&](const auto& limit) { return !measured.contains(limit.first); });
    }
    const std::vector<std::string> lines = check_budget(limits, measured);
    for (const std::string& line : lines) {
        fmt::print("{}\n", line);
    }
    fmt::print("malloc: {} rows, {}\n", measured.size(),
               lines.empty()
                   ? "all within the budget"
                   : fmt::format("{} figures aren't as {} has them", lines.size(), w.file));
    return lines.empty();
}

} // namespace ebb::bench::suite
