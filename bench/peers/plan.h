// What the map suite runs: a scenario is one process for each map, block and round, and fills some
// of the block's columns.
#pragma once

#include <ebb/bench/peers/keys.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ebb::bench::peers {

/// What a column's figures are shown as. They are kept as ratios, bytes, nanoseconds or counts.
enum class unit : std::uint8_t { ratio, megabytes, nanoseconds, milliseconds, count };

/// Who says a column's figure, and how often it is asked: what is counted repeats, times don't.
/// What is asked once is asked of map_subject::counted, where a map has that.
enum class said_by : std::uint8_t {
    rounds,    ///< the scenario itself, once a round
    once,      ///< the scenario itself, once
    callgrind, ///< instructions an operation, once; with no more than most_under_callgrind entries
    strace,    ///< system calls, once: of the whole loop, or a tooth
};

/// A program runs fifty times as long under callgrind.
inline constexpr std::size_t most_under_callgrind = 100'000;

struct column {
    std::string_view key; ///< JSON's, and what --only takes
    std::string_view table;
    std::string_view head;
    unit in;
    std::string_view scenario; ///< what run_peer runs
    std::string_view figure;   ///< what it prints for this column, or what is counted of it
    said_by by = said_by::rounds;
};

/// All columns, in the tables' order.
[[nodiscard]] std::span<const column> columns() noexcept;

/// `insert` of insert-faults, the key of what isn't counted: an operation's figures have it in
/// common.
[[nodiscard]] std::string_view operation_of(const column& c) noexcept;

/// Entries of one kind: a table of each sort.
struct block {
    key_kind kind = key_kind::random;
    std::size_t count = 0;
    std::size_t value_bytes = 0;
    // clang-tidy 14 sees a comparison with 0 in it.
    friend auto operator<=>(const block&, const block&) = default; // NOLINT(modernize-use-nullptr)
};

/// How many operations a loop of look-ups makes at least. The number depends on the block alone,
/// not on the machine's speed, so that counted figures repeat.
[[nodiscard]] std::size_t operations_of(const block& b, bool quick) noexcept;

struct map_choice {
    std::vector<std::string> only; ///< tables or columns; empty: all
    std::vector<key_kind> kinds;
    std::vector<std::size_t> counts;
    std::vector<std::size_t> small_counts; ///< where the table `eighths` is measured, and it alone
    std::vector<std::size_t> value_bytes;
    bool counted = true; ///< with the columns that are said once
};

struct map_plan {
    std::vector<column> wanted;
    std::vector<std::string_view> scenarios; ///< of the columns that are said in rounds
    std::vector<block> blocks;
    std::set<block> small; ///< those of map_choice::small_counts; empty: each block has all columns
    std::vector<std::string> notes; ///< what is left out and why

    /// Whether that block has that column.
    [[nodiscard]] bool has(const block& b, const column& c) const;
};

/// What map_choice::only takes: the tables, then the columns.
[[nodiscard]] std::vector<std::string> names_of_columns();

/// Blocks that don't fit in `available_bytes` (absent: unknown, all fit) are left out with a note.
[[nodiscard]] map_plan make_map_plan(const map_choice& c,
                                     std::optional<std::uint64_t> available_bytes);

/// A map of the suite: its program, or what it lacks.
struct map_subject {
    std::string name;    ///< what --maps takes
    std::string program; ///< empty when it is missing
    std::string label;
    std::string version;
    std::string missing; ///< what stands in place of figures
    /// The program with the same seeds in every run, which counts; empty: there is none.
    std::string counted = {};
};

/// Everything that a run found.
struct map_result {
    std::vector<map_subject> maps;
    map_plan plan;
    /// values[block][column's key][map's name]: a value a round.
    std::map<block, std::map<std::string, std::map<std::string, std::vector<double>>, std::less<>>>
        values;
    std::vector<std::string> beside; ///< the maps that the others are compared with
    std::size_t rounds = 0;
    bool quick = false;
    std::vector<std::string> failures;
};

} // namespace ebb::bench::peers
