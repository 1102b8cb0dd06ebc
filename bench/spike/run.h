// From what was asked of `ebb spike` to its cells, each run in a fresh process.
#pragma once

#include <ebb/bench/mallocs/cell_process.h>
#include <ebb/bench/refused.h>
#include <ebb/bench/spike/cell.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ebb::bench {

/// One row: a cell and what it measured, or why it didn't.
struct spike_row {
    spike_cell what;
    std::string missing; ///< "not installed: apt install libjemalloc2"
    std::vector<spike_sample> samples;
};

/// The rows of these layouts and mallocs (empty: all), nothing measured yet. hash_map has one row.
/// Throws refused when the largest needs more than `available_bytes`.
[[nodiscard]] std::vector<spike_row> spike_rows(const std::vector<spike_layout>& layouts,
                                                const std::vector<std::string>& mallocs,
                                                const spike_load& load,
                                                std::optional<std::uint64_t> available_bytes);

/// Measures the rows one after the other; `before` is told which of how many and its name.
/// Throws cell_failed, std::system_error.
void run_spike(std::vector<spike_row>& rows,
               const std::function<void(std::size_t, std::size_t, const std::string&)>& before);

[[nodiscard]] std::string name_of(const spike_row& r);

} // namespace ebb::bench
