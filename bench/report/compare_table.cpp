#include <ebb/bench/report/compare.h>
#include <ebb/bench/report/grid.h>
#include <ebb/bench/report/median.h>
#include <ebb/bench/report/rank_test.h>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace ebb::bench {
namespace {

std::string shown(double value, const measure& m) {
    return m.bytes ? fmt::format("{:.2f}", value / (1 << 20)) : fmt::format("{:.3f}", value);
}

std::string probability(double p) {
    return p < 0.001 ? "p < 0.001" : fmt::format("p {:.3f}", p);
}

// The runs of each that it takes before any of these mallocs could differ from the reference.
std::size_t fewest_of(const comparison& c) {
    const auto measured = static_cast<std::size_t>(std::count_if(
        c.all.begin(), c.all.end(), [](const contender& each) { return each.measured(); }));
    return measured < 2 ? 0 : fewest_runs(measured - 1, significance);
}

std::string verdict(const std::optional<difference>& d, bool reference, bool enough_runs) {
    if (!d) {
        return reference ? "" : "-";
    }
    // No difference was looked for with any chance of finding it: that isn't "no difference".
    if (!enough_runs) {
        return std::isfinite(d->ratio)
                   ? fmt::format("{:+.1f} %, too few runs to tell", (d->ratio - 1) * 100)
                   : "too few runs to tell";
    }
    if (!d->significant()) {
        return fmt::format("no significant difference ({})", probability(d->p_holm));
    }
    return std::isfinite(d->ratio)
               ? fmt::format("{:+.1f} % ({})", (d->ratio - 1) * 100, probability(d->p_holm))
               : fmt::format("differs ({})", probability(d->p_holm));
}

std::string table_of(const comparison& c, const measure& m, bool enough_runs) {
    const contender* const reference = c.reference();
    const auto found = differences(c, m);
    std::vector<std::vector<std::string>> rows;
    for (std::size_t i = 0; i < c.all.size(); ++i) {
        const contender& each = c.all[i];
        std::vector<std::string>& row = rows.emplace_back();
        row.push_back(each.malloc.name);
        const std::vector<double> values = each.measured() ? each.values(m) : std::vector<double>();
        const auto all =
            spread_of(std::vector<std::optional<double>>(values.begin(), values.end()));
        for (const auto member :
             {&spread<double>::median, &spread<double>::least, &spread<double>::most}) {
            row.push_back(all ? shown((*all).*member, m) : "-");
        }
        row.push_back(verdict(found[i], &each == reference, enough_runs));
    }
    return grid({{fmt::format("{}, {}", m.name, m.bytes ? "MB" : "s"), side::left},
                 {"median", side::right},
                 {"least", side::right},
                 {"most", side::right},
                 {"against " + reference->malloc.name, side::left}},
                rows);
}

} // namespace

std::string compare_table(const comparison& c, const task& what, std::size_t runs) {
    std::string text = fmt::format("{}: {} run{} under each malloc, interleaved\n", what.typed(),
                                   runs, runs == 1 ? "" : "s");
    for (const contender& each : c.all) {
        if (!each.missing.empty()) {
            text += fmt::format("{}: {}\n", each.malloc.name, each.missing);
        }
    }
    if (c.reference() == nullptr) {
        return text;
    }
    const std::size_t fewest = fewest_of(c);
    for (const measure& m : measures) {
        text += '\n' + table_of(c, m, runs >= fewest);
    }
    text += "\nMB are 1,048,576 bytes. A difference is called significant below 0.05 by the "
            "Mann-Whitney U test,\ncorrected for the number of mallocs compared (Holm).\n";
    if (runs < fewest) {
        text += fmt::format("{} run{} can't show a difference here: it takes at least {}.\n", runs,
                            runs == 1 ? "" : "s", fewest);
    }
    return text;
}

} // namespace ebb::bench
