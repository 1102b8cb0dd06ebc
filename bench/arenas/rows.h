// The rows of the arena suite, and who is measured in each.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ebb::bench::arenas {

/// Which loads an arena is for.
enum class kind : std::uint8_t {
    rounds,   ///< gives all back at once: bump, monotonic_buffer_resource
    one_size, ///< pool
    shared,   ///< as one_size, in a pool that the process shares and that never ends
    any_size, ///< the others
};

struct arena_subject {
    std::string_view name;
    kind is = kind::any_size;
    std::string_view package = ""; ///< Debian's, for what is others'
};
[[nodiscard]] std::span<const arena_subject> all_subjects() noexcept;

/// A load of bench_arenas_cell with a fixed number of iterations, some .05 to .3 s.
struct load {
    std::string_view group;
    std::string_view name; ///< "pair_24"; the row's key has a `-`
    std::string_view label;
    std::uint64_t iterations = 0;
    std::uint64_t counted_iterations = 0; ///< under callgrind
    bool in_rounds = false;               ///< for what gives all back at once, too
    bool one_size = false;                ///< for pools of one size, too
    bool ends = false;                    ///< the arena ends in each turn
    std::uint64_t live_bytes = 0;
};
[[nodiscard]] std::span<const load> loads() noexcept;

[[nodiscard]] bool serves(const arena_subject& s, const load& l) noexcept;
[[nodiscard]] std::string key_of(const load& l);

/// What --only takes: the groups, then the rows' keys.
[[nodiscard]] std::vector<std::string> names_of_rows();

} // namespace ebb::bench::arenas
