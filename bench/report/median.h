// The middle and the spread of a cell's runs, and the mean of ratios.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <vector>

namespace ebb::bench {

template <class T>
struct spread {
    T least;
    T median; ///< of an even number of values, the lower of the two in the middle: a measured one
    T most;
};

/// Absent when there is no value or one is absent.
template <class T>
[[nodiscard]] std::optional<spread<T>> spread_of(const std::vector<std::optional<T>>& values) {
    std::vector<T> sorted;
    for (const std::optional<T>& v : values) {
        if (!v) {
            return std::nullopt;
        }
        sorted.push_back(*v);
    }
    if (sorted.empty()) {
        return std::nullopt;
    }
    std::sort(sorted.begin(), sorted.end());
    return spread<T>{sorted.front(), sorted[(sorted.size() - 1) / 2], sorted.back()};
}

/// The middle value; of an even number of values, the mean of the two in the middle. Absent without
/// values.
[[nodiscard]] inline std::optional<double> middle_of(std::vector<double> values) {
    if (values.empty()) {
        return std::nullopt;
    }
    std::sort(values.begin(), values.end());
    const std::size_t half = values.size() / 2;
    return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

/// The median absolute deviation: half of the values lie no further from their median. One wild run
/// doesn't move it, unlike a standard deviation. Absent without values.
[[nodiscard]] inline std::optional<double> deviation_of(const std::vector<double>& values) {
    const std::optional<double> middle = middle_of(values);
    if (!middle) {
        return std::nullopt;
    }
    std::vector<double> distances;
    distances.reserve(values.size());
    for (const double v : values) {
        distances.push_back(std::abs(v - *middle));
    }
    return middle_of(std::move(distances));
}

/// The geometric mean: the one for ratios. Absent without values, or when one isn't positive.
[[nodiscard]] inline std::optional<double> geometric_mean(const std::vector<double>& ratios) {
    double logs = 0;
    for (const double r : ratios) {
        if (!(r > 0)) {
            return std::nullopt;
        }
        logs += std::log(r);
    }
    return ratios.empty() ? std::nullopt
                          : std::optional(std::exp(logs / static_cast<double>(ratios.size())));
}

} // namespace ebb::bench
