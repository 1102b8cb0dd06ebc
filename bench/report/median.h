// The middle and the spread of a cell's runs.
#pragma once

#include <algorithm>
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

} // namespace ebb::bench
