// What a cell measured at one of its steps.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace ebb::bench {

/// The bytes of a step by what they hold. The sum of all is `mapped`; without the allocator's two,
/// requested + slack + dead.
struct parts {
    std::uint64_t payload = 0;     ///< keys and values
    std::uint64_t pointers = 0;    ///< slots that point to a value elsewhere
    std::uint64_t empty_slots = 0; ///< slots without an entry
    std::uint64_t tophash = 0;     ///< a tag byte a slot
    std::uint64_t overflow = 0;    ///< overflow pointers, their index, spare overflow buckets
    std::uint64_t moved = 0;       ///< buckets that growth has emptied and not yet let go
    std::uint64_t header = 0;      ///< the map's header and its extra record
    std::uint64_t rounding = 0;    ///< slack, and what alignment leaves inside of buckets
    std::uint64_t dead = 0;        ///< let go, not yet collected
    std::uint64_t table = 0;       ///< all but the payload, of a map that tells no more
    std::optional<std::uint64_t> allocator; ///< idle and overhead, where the allocator tells

    [[nodiscard]] std::uint64_t in_blocks() const noexcept {
        return payload + pointers + empty_slots + tophash + overflow + moved + header + rounding +
               dead + table;
    }
    friend bool operator==(const parts&, const parts&) = default;
};

/// One step. All but `seconds` are bytes; absent is what the source of the figure can't tell.
struct record {
    std::string step;
    std::optional<std::uint64_t> requested;
    std::optional<std::uint64_t> slack;
    std::optional<std::uint64_t> dead;
    std::optional<std::uint64_t> idle;
    std::optional<std::uint64_t> overhead;
    std::optional<std::uint64_t> mapped;
    std::optional<std::uint64_t> peak;
    /// The process's anonymous memory that is in memory, less what it was before the map: signed,
    /// because a malloc may give back what it held before.
    std::optional<std::int64_t> resident;
    double seconds = 0; ///< from the step before to this one
    std::optional<parts> held;

    /// requested + slack + dead, of what is known.
    [[nodiscard]] std::uint64_t heap() const noexcept {
        return requested.value_or(0) + slack.value_or(0) + dead.value_or(0);
    }
};

using record_sink = std::function<void(const record&)>;

/// A record as one line of text, and back: how a cell's process hands its records on.
[[nodiscard]] std::string to_line(const record& r);
/// Throws std::runtime_error when it is no such line.
[[nodiscard]] record from_line(std::string_view line);

} // namespace ebb::bench
