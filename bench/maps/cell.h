// A cell of the map memory table: one layout on one malloc under one way of reclaiming, measured in
// a process of its own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ebb::bench {

/// How the values lie in a map of Go's, the remedy against that it never shrinks, and other maps.
enum class layout : std::uint8_t {
    in_buckets,    ///< `inline`: values inside the buckets, up to 128 bytes each
    pointer,       ///< the buckets point to the values, as map[int64]*[N]byte
    spill,         ///< values over 128 bytes, which the map itself puts elsewhere
    recreate,      ///< as `inline`; what is left is copied into a new map and the old one dropped
    hash_map,      ///< ebb's own
    node_hash_map, ///< ebb's own
    std_map,       ///< `std`: std::unordered_map
    boost_flat,    ///< boost::unordered_flat_map
    absl_flat,     ///< absl::flat_hash_map
    absl_node,     ///< absl::node_hash_map
    absl_btree,    ///< absl::btree_map
    robin,         ///< tsl::robin_map
    hopscotch,     ///< tsl::hopscotch_map
    sparse,        ///< google::sparse_hash_map
};

/// Whose map a layout is: which memory it may live on, and what it tells of its bytes.
enum class family : std::uint8_t {
    go,     ///< go_map: on every malloc, collected or at once
    own,    ///< ebb's other maps: on pages of their own, or on every malloc, at once
    others, ///< on every malloc, at once; a program of its own measures it, where it was built
};

/// When a dead block goes back to the malloc.
enum class reclaim : std::uint8_t {
    collected, ///< when the collector's pace takes it, as in Go
    at_once,   ///< when it dies, as in C++
};

inline constexpr std::array<layout, 14> all_layouts{
    layout::in_buckets, layout::pointer,       layout::spill,      layout::recreate,
    layout::hash_map,   layout::node_hash_map, layout::std_map,    layout::boost_flat,
    layout::absl_flat,  layout::absl_node,     layout::absl_btree, layout::robin,
    layout::hopscotch,  layout::sparse};
inline constexpr std::array<reclaim, 2> all_reclaims{reclaim::collected, reclaim::at_once};
inline constexpr std::array<std::size_t, 6> all_value_bytes{8, 64, 128, 129, 256, 1024};

/// The largest value that stays inside of its bucket, bytes.
inline constexpr std::size_t most_inline_bytes = 128;

/// How many entries the remedy leaves before it copies.
inline constexpr std::uint64_t left_by_recreate = 1000;

/// The malloc of a cell whose map lives on pages of its own: page_memory.
inline constexpr std::string_view pages_malloc = "pages";

[[nodiscard]] std::string_view name_of(layout l) noexcept;
[[nodiscard]] family family_of(layout l) noexcept;
[[nodiscard]] std::string_view name_of(reclaim r) noexcept;

struct cell {
    layout way = layout::in_buckets;
    std::string malloc = "go";
    reclaim when = reclaim::collected;
    std::uint64_t count = 1'000'000;
    std::size_t value_bytes = 128;

    friend bool operator==(const cell&, const cell&) = default;
};

/// Whether a malloc of its own name answers in the cell's process: neither of ebb's two models of
/// memory.
[[nodiscard]] bool on_a_malloc(const cell& c) noexcept;

/// A bound of what a cell's process takes at its highest, bytes. For the refusal of what can't fit,
/// before anything starts; never printed as a measurement.
[[nodiscard]] std::uint64_t most_bytes(const cell& c) noexcept;

/// The largest count for which `c` stays within `bytes`.
[[nodiscard]] std::uint64_t most_entries(cell c, std::uint64_t bytes) noexcept;

} // namespace ebb::bench
