#include <ebb/bench/report/grid.h>
#include <ebb/bench/report/run.h>
#include <ebb/bench/report/text.h>

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>

namespace ebb::bench {
namespace {

std::string shown(const std::optional<std::uint64_t>& bytes) {
    return figure(bytes ? std::optional(static_cast<std::int64_t>(*bytes)) : std::nullopt,
                  unit::bytes);
}

// The program's name, and what there is to say of the process.
std::string remark(const witnessed& process) {
    std::string text = std::filesystem::path(process.program).filename().string();
    if (!process.began) {
        text += " (forked)";
    }
    if (!process.verdict.empty()) {
        text += ": " + process.verdict;
    }
    if (!process.ended) {
        text += process.runs ? ": still runs" : ": left no record";
    }
    return text;
}

// Why the first process has no figures.
std::string first_missing(const run_record& run) {
    const std::string name =
        run.first() == nullptr
            ? std::string()
            : " (" + std::filesystem::path(run.first()->program).filename().string() + ")";
    return "the first process" + name + " left no record: " +
           (run.how.signal != 0 ? "it was ended by " + run.how.words()
                                : "it ended neither by exit nor by _exit, or went on as a program "
                                  "that no library is preloaded into") +
           "\n";
}

std::string without_ledger(const chosen_malloc& malloc, const run_options& options) {
    return fmt::format("{} keeps no ledger of its own{}\n", malloc.name,
                       options.count ? ", and libebbcount.so, which counts in front of it, isn't "
                                       "beside this program"
                                     : " (--no-count)");
}

} // namespace

std::string run_table(const chosen_malloc& malloc, const task& what, const run_options& options,
                      const run_record& run) {
    std::string text =
        fmt::format("ebb: {}: {} after {:.3f} s (user {:.3f} s, system {:.3f} s)\n", what.typed(),
                    run.how.words(), run.how.seconds, run.how.user_seconds, run.how.system_seconds);
    const auto answered =
        std::count_if(run.processes.begin(), run.processes.end(),
                      [](const witnessed& process) { return process.verdict.empty(); });
    text +=
        fmt::format("{} answered in {} of {} process{}: {}\n", malloc.name, answered,
                    run.processes.size(), run.processes.size() == 1 ? "" : "es", malloc.library);
    const bool ledger = std::any_of(run.processes.begin(), run.processes.end(),
                                    [](const witnessed& process) { return process.has_ledger(); });
    const bool ended = std::any_of(run.processes.begin(), run.processes.end(),
                                   [](const witnessed& process) { return process.ended; });
    if (!ledger && ended) {
        text += without_ledger(malloc, options);
    }
    if (run.first() == nullptr || !run.first()->ended) {
        text += first_missing(run);
    }
    std::vector<grid_column> columns{{"pid", side::right}, {"parent", side::right}};
    if (ledger) {
        for (const std::string_view name : ledger_names) {
            std::string head(name);
            std::replace(head.begin(), head.end(), '_', ' ');
            columns.push_back({head, side::right});
        }
    }
    columns.insert(
        columns.end(),
        {{"resident", side::right}, {"peak resident", side::right}, {"program", side::left}});
    std::vector<std::vector<std::string>> rows;
    for (const witnessed& process : run.processes) {
        std::vector<std::string>& row = rows.emplace_back();
        row = {std::to_string(process.pid), std::to_string(process.parent)};
        for (std::size_t i = 0; ledger && i < ledger_terms; ++i) {
            row.push_back(shown(process.ledger[i]));
        }
        row.insert(row.end(),
                   {shown(process.resident), shown(process.peak_resident), remark(process)});
    }
    return text + (rows.empty() ? "" : "bytes at each process's end:\n\n" + grid(columns, rows));
}

} // namespace ebb::bench
