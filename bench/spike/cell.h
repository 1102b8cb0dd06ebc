// A cell of the Black Friday scenario: one layout on one malloc, in a process of its own.
#pragma once

#include <ebb/bench/spike/load.h>
#include <ebb/bench/spike/sample.h>

#include <array>
#include <string>
#include <string_view>

namespace ebb::bench {

enum class spike_layout : std::uint8_t {
    in_buckets, ///< `inline`: go_map, values inside the buckets
    pointer,    ///< go_map, the buckets point to the values
    recreate,   ///< as `inline`; every hour ends with a copy into a new map
    hash_map,   ///< ebb::hash_map over the system's pages: no malloc is in it
};
inline constexpr std::array<spike_layout, 4> all_spike_layouts{
    spike_layout::in_buckets, spike_layout::pointer, spike_layout::recreate,
    spike_layout::hash_map};
inline constexpr std::array<std::size_t, 3> all_spike_value_bytes{8, 64, 128};

[[nodiscard]] inline std::string_view name_of(spike_layout l) noexcept {
    constexpr std::array<std::string_view, 4> names{"inline", "pointer", "recreate", "hash_map"};
    return names[static_cast<std::size_t>(l)];
}

struct spike_cell {
    spike_layout way = spike_layout::in_buckets;
    std::string malloc = "go"; ///< `pages`: of hash_map, whose memory is no malloc's
    spike_load load;
};

/// Run the scenario in this process and hand on each sample. Throw std::bad_alloc.
void run_spike_on_go_heap(const spike_cell& c, const spike_sink& sink);
void run_spike_on_malloc(const spike_cell& c, const spike_sink& sink);
void run_spike_on_pages(const spike_cell& c, const spike_sink& sink);

/// ebb-cell's main when its first word is `spike`: LAYOUT MALLOC DAYS PEAK EVERY SEED VALUE_BYTES
/// [LIBRARY] follow. What it returns is the exit status.
[[nodiscard]] int spike_main(int argc, char** argv);

} // namespace ebb::bench
