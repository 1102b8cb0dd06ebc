// What a cell of the Black Friday scenario measured at one moment of its simulated time.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace ebb::bench {

/// Bytes unless the name says otherwise; absent is what the source can't tell.
struct spike_sample {
    std::uint64_t minute = 0;
    std::uint64_t entries = 0; ///< of both caches
    std::uint64_t floor = 0;   ///< keys and values of these
    std::uint64_t live = 0;    ///< requested and slack: what the maps hold
    std::optional<std::uint64_t> dead;
    std::optional<std::int64_t> resident; ///< less what it was before the maps
    double worst_us = 0;                  ///< the slowest operation since the sample before
    double ns = 0;                        ///< an operation, on average since then
    double seconds = 0;                   ///< of real time since the start
};

using spike_sink = std::function<void(const spike_sample&)>;

/// A sample as one line of text, and back: how a cell's process hands it on.
[[nodiscard]] std::string to_line(const spike_sample& s);
/// Throws std::runtime_error when it is no such line.
[[nodiscard]] spike_sample sample_from_line(std::string_view line);

} // namespace ebb::bench
