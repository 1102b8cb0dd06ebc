#include <ebb/bench/report/budget_run.h>

#include <fmt/core.h>

#include <vector>

namespace ebb::bench {
namespace {

std::vector<row_figures> measured(const budgeted_suite& suite, std::size_t runs,
                                  const std::function<void(const std::string&)>& progress) {
    std::vector<row_figures> all;
    for (std::size_t run = 1; run <= runs; ++run) {
        all.push_back(suite.measure([&](std::size_t at, std::size_t of, const std::string& name) {
            progress(fmt::format("run {} of {}: [{}/{}] {}", run, runs, at, of, name));
        }));
    }
    progress("");
    return all;
}

} // namespace

bool run_budget(const budgeted_suite& suite, const budget_words& w,
                const std::function<void(const std::string&)>& progress) {
    if (w.renew) {
        budget limits = make_budget(measured(suite, w.runs, progress));
        const std::size_t rows = limits.size();
        if (!w.whole) {
            limits.merge(read_budget(w.file, suite.name));
        }
        write_budget(w.file, suite.name, limits);
        fmt::print("{}: {} rows of the {} renewed from {} runs\n", w.file, rows, suite.label,
                   w.runs);
        return true;
    }
    budget limits = read_budget(w.file, suite.name);
    const row_figures now = measured(suite, 1, progress).front();
    if (!w.whole) {
        std::erase_if(limits, [&](const auto& limit) { return !now.contains(limit.first); });
    }
    const std::vector<std::string> lines = check_budget(limits, now);
    for (const std::string& line : lines) {
        fmt::print("{}\n", line);
    }
    fmt::print("{}: {} rows, {}\n", suite.name, now.size(),
               lines.empty()
                   ? "all within the budget"
                   : fmt::format("{} figures aren't as {} has them", lines.size(), w.file));
    return lines.empty();
}

} // namespace ebb::bench
