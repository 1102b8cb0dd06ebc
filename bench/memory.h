// What memory there is to measure with.
#pragma once

#include <cstdint>
#include <optional>

namespace ebb::bench {

/// Bytes that one process of a table can take; absent where the kernel doesn't tell.
[[nodiscard]] std::optional<std::uint64_t> memory_for_cells();

} // namespace ebb::bench
