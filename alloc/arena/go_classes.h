// The sizes that Go's allocator serves: a table and a rounding, no state.
// Source: go1.19's runtime/sizeclasses.go (the 67 classes) and msize.go (the rounding).
#pragma once

#if __cplusplus < 201709L // what g++ 10 says of C++20
#error "ebb needs C++20: compile with -std=c++20 or a later standard"
#else

#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/base/narrow.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace ebb {

/// Bytes of each small class, in order.
inline constexpr std::array<std::uint16_t, 67> go_classes = {
    8,     16,    24,    32,    48,    64,    80,    96,    112,   128,   144,  160,   176,   192,
    208,   224,   240,   256,   288,   320,   352,   384,   416,   448,   480,  512,   576,   640,
    704,   768,   896,   1024,  1152,  1280,  1408,  1536,  1792,  2048,  2304, 2688,  3072,  3200,
    3456,  4096,  4864,  5376,  6144,  6528,  6784,  6912,  8192,  9472,  9728, 10240, 10880, 12288,
    13568, 14336, 16384, 18432, 19072, 20480, 21760, 24576, 27264, 28672, 32768};

/// Pages of `go_page_bytes` in a span of each class: what the collector's pace counts in.
inline constexpr std::array<std::uint8_t, 67> go_span_pages = {
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,  1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 1, 2, 1, 2, 1, 3, 2,  3, 1, 3, 2,
    3, 4, 5, 6, 1, 7, 6, 5, 4, 3, 5, 7, 2, 9, 7, 5, 8, 3, 10, 7, 4};

/// The largest small class, bytes; anything above comes in whole pages of `go_page_bytes`.
inline constexpr std::size_t go_max_small = go_classes.back();
inline constexpr std::size_t go_page_bytes = 8192;

namespace detail {

// Class by size in steps of 8, so that a lookup is a shift and a load: 4 KiB of table.
inline constexpr auto go_class_by_step = [] {
    std::array<std::uint8_t, go_max_small / 8 + 1> table{};
    std::size_t index = 0;
    for (std::size_t step = 0; step < table.size(); ++step) {
        while (go_classes[index] < step * 8) {
            ++index;
        }
        table[step] = bounded<std::uint8_t>(index);
    }
    return table;
}();

} // namespace detail

/// The index in `go_classes` of the class that serves `bytes`. Requires: `bytes <= go_max_small`.
[[nodiscard]] constexpr std::size_t go_class_of(std::size_t bytes) noexcept {
    return detail::go_class_by_step[(bytes + 7) / 8];
}

/// What Go's allocator makes of a request: its class, or whole pages above the largest.
[[nodiscard]] constexpr std::size_t go_rounded(std::size_t bytes) noexcept {
    return bytes <= go_max_small ? go_classes[go_class_of(bytes)] : align_up(bytes, go_page_bytes);
}

static_assert(go_rounded(1104) == 1152 && go_rounded(129) == 144 && go_rounded(200) == 208);
static_assert(go_rounded(32769) == 40960);

} // namespace ebb

#endif // C++20
