// A map as the suite's scenarios see it: whole loops behind one virtual call each, so that the
// scenarios are compiled once and a peer only with its own loops.
#pragma once

#include <ebb/bench/peers/stopwatch.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace ebb::bench::peers {

/// What a loop came upon: entries, and the sum of their values' heads.
struct sight {
    std::size_t count = 0;
    std::uint64_t sum = 0;
    friend bool operator==(const sight&, const sight&) = default;
};

template <class Key>
class measured_map {
  public:
    using keys = std::span<const Key>;

    measured_map() = default;
    measured_map(const measured_map&) = delete;
    measured_map& operator=(const measured_map&) = delete;
    virtual ~measured_map() = default;

    /// How many were new.
    virtual std::size_t insert(keys all) = 0;
    virtual std::size_t insert_timed(keys all, stopwatch& watch) = 0;
    /// How many were there.
    virtual std::size_t erase(keys all) = 0;
    virtual std::size_t erase_timed(keys all, stopwatch& watch) = 0;
    /// Each look-up stands by itself.
    [[nodiscard]] virtual sight find(keys all) const = 0;
    /// Which key is next is known when the value of the one before is; `all` are keys of the map.
    [[nodiscard]] virtual sight find_in_turn(keys all) const = 0;
    [[nodiscard]] virtual sight iterate() const = 0;
    virtual void clear() = 0;
    /// Makes room for `n` entries; false when such a map can't.
    virtual bool reserve(std::size_t n) = 0;
    [[nodiscard]] virtual std::size_t size() const = 0;
    /// Null when such a map can't be copied.
    [[nodiscard]] virtual std::unique_ptr<measured_map> copy() const = 0;
};

} // namespace ebb::bench::peers
