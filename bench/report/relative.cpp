#include <ebb/bench/report/median.h>
#include <ebb/bench/report/suite.h>

#include <algorithm>

namespace ebb::bench::suite {
namespace {

constexpr double least_peak_bytes = 10.0 * (1 << 20);

std::optional<double> middle(const suite_result& r, const std::string& key,
                             const std::string& malloc) {
    const auto in_row = r.values.find(key);
    if (in_row == r.values.end()) {
        return std::nullopt;
    }
    const auto cell = in_row->second.find(malloc);
    return cell == in_row->second.end() ? std::nullopt : middle_of(cell->second.runs);
}

} // namespace

std::optional<relative_mean> relative_to_glibc(const suite_result& r, mean_of set,
                                               const std::string& malloc) {
    std::vector<double> ratios;
    for (const row& at : r.rows) {
        if (at.part_of != set) {
            continue;
        }
        const auto base = middle(r, at.key, "glibc");
        const auto own = middle(r, at.key, malloc);
        if (!base || !own || !(*base > 0) || !(*own > 0) ||
            (set == mean_of::peak && *base < least_peak_bytes)) {
            continue;
        }
        ratios.push_back(*own / *base);
    }
    const auto mean = geometric_mean(ratios);
    return mean ? std::optional(relative_mean{*mean, ratios.size()}) : std::nullopt;
}

std::vector<std::pair<std::string, double>> behind(const suite_result& r, const std::string& malloc,
                                                   double limit) {
    std::vector<std::pair<std::string, double>> rows;
    for (const row& at : r.rows) {
        if (at.in == measure::count) {
            continue; // three system calls instead of one are no matter
        }
        const auto own = middle(r, at.key, malloc);
        std::optional<double> best;
        for (const subject& other : r.mallocs) {
            const auto theirs = other.name == malloc ? std::nullopt : middle(r, at.key, other.name);
            if (theirs) {
                best = best ? std::min(*best, *theirs) : *theirs;
            }
        }
        if (own && best && *best > 0 && *own > *best * limit) {
            rows.emplace_back(at.key, *own / *best);
        }
    }
    return rows;
}

} // namespace ebb::bench::suite
