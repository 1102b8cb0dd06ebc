#include <ebb/bench/report/median.h>
#include <ebb/bench/report/peers.h>

#include <algorithm>
#include <array>

namespace ebb::bench::peers {
namespace {

constexpr std::array<std::string_view, 4> compared{"insert", "hit", "miss", "iterate"};

std::optional<double> middle(const map_result& r, const block& b, std::string_view column,
                             const std::string& map) {
    const auto in_block = r.values.find(b);
    if (in_block == r.values.end()) {
        return std::nullopt;
    }
    const auto in_column = in_block->second.find(column);
    if (in_column == in_block->second.end()) {
        return std::nullopt;
    }
    const auto cell = in_column->second.find(map);
    return cell == in_column->second.end() ? std::nullopt : middle_of(cell->second);
}

std::optional<double> mean(const map_result& r, const block& b, const std::string& map) {
    std::vector<double> times;
    for (const std::string_view column : compared) {
        const auto time = middle(r, b, column, map);
        if (!time) {
            return std::nullopt;
        }
        times.push_back(*time);
    }
    return geometric_mean(times);
}

template <class F>
std::optional<double> least(const std::vector<std::string>& maps, F&& of) {
    std::optional<double> found;
    for (const std::string& map : maps) {
        if (const std::optional<double> one = of(map)) {
            found = found ? std::min(*found, *one) : *one;
        }
    }
    return found;
}

} // namespace

std::optional<beside_best> compare_beside(const map_result& r, const block& b,
                                          const std::string& map) {
    const auto own = mean(r, b, map);
    const auto best = least(r.beside, [&](const auto& other) { return mean(r, b, other); });
    if (!own || !best) {
        return std::nullopt;
    }
    const auto least_in = [&](std::string_view column) {
        return least(r.beside, [&](const auto& other) { return middle(r, b, column, other); });
    };
    beside_best found;
    found.mean = *own / *best;
    std::vector<double> ratios;
    for (const std::string_view column : compared) {
        ratios.push_back(*middle(r, b, column, map) / *least_in(column));
        if (ratios.back() > found.worst) {
            found.worst = ratios.back();
            found.worst_column = column;
        }
    }
    found.mean_of_least = geometric_mean(ratios).value_or(0);
    const auto erase = middle(r, b, "erase", map);
    const auto least_erase = least_in("erase");
    if (erase && least_erase) {
        found.erase = *erase / *least_erase;
    }
    return found;
}

} // namespace ebb::bench::peers
