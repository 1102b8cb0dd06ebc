#include <ebb/bench/peers/budgeted.h>
#include <ebb/bench/peers/eighths.h>
#include <ebb/bench/peers/runner.h>
#include <ebb/bench/report/median.h>

#include <fmt/core.h>

#include <stdexcept>

namespace ebb::bench::peers {
namespace {

const char* name_of_figure(const column& c) {
    return c.figure == "instructions" ? "instructions"
           : c.figure == "faults"     ? "page_faults"
           : c.figure == "madvise"    ? "madvise_calls"
                                      : nullptr;
}

row_figures measured_once(const std::vector<map_subject>& maps, const before_process& before) {
    map_settings settings;
    settings.rounds = 1;
    settings.before = before;
    const map_result result = run_maps(budget_plan(), maps, settings);
    // Nothing that isn't measured may pass for kept.
    for (const auto* const lines : {&result.failures, &result.plan.notes}) {
        if (!lines->empty()) {
            throw std::runtime_error(lines->front());
        }
    }
    return figures_of(result);
}

} // namespace

map_plan budget_plan() {
    map_choice c;
    c.only = {"counts", "eighths"};
    c.kinds = {key_kind::random};
    c.counts = {1'000'000};
    c.small_counts = {1'000, 10'000, 100'000};
    c.value_bytes = {8, 128};
    map_plan plan = make_map_plan(c, std::nullopt);
    std::erase_if(plan.wanted, [](const column& at) { return name_of_figure(at) == nullptr; });
    return plan;
}

row_figures figures_of(const map_result& r) {
    row_figures all;
    for (const auto& [b, in_block] : r.values) {
        for (const column& c : r.plan.wanted) {
            const char* const figure = name_of_figure(c);
            const auto found = in_block.find(c.key);
            if (figure == nullptr || found == in_block.end()) {
                continue;
            }
            // Of all teeth together: what a single one takes would vanish in the least tolerance.
            const bool teeth = c.table == "eighths";
            const std::string entries = teeth ? fmt::format("{} ", b.count) : "";
            const double times = teeth ? static_cast<double>(teeth_that_count(b.count)) : 1;
            for (const auto& [map, runs] : found->second) {
                const std::string row =
                    fmt::format("{} {} {}x {}", map, operation_of(c), entries, b.value_bytes);
                if (const auto middle = middle_of(runs)) {
                    all[row][figure] = *middle * times;
                }
            }
        }
    }
    return all;
}

budgeted_suite budgeted(const std::vector<map_subject>& maps) {
    return {"maps", "map suite",
            [=](const before_process& before) { return measured_once(maps, before); }};
}

} // namespace ebb::bench::peers
