// The load of the Black Friday scenario: who comes when, over simulated days.
//
// An ordinary hour brings 5,000 new customers at 03:00 and 50,000 at 15:00, by a cosine between
// them. The second day (the only one, if there is one) has its peak from 12:00 to 13:00: --peak
// new customers, an eighth of that in the hours beside it, and so on until an ordinary hour brings
// more. Every fourth new customer is followed by a visit of somebody seen within the last hour.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace ebb::bench {

/// What a run of the scenario is made of.
struct spike_load {
    std::uint64_t days = 3;
    std::uint64_t peak = 3'000'000; ///< new customers in the peak hour
    std::uint64_t every = 10;       ///< simulated minutes between samples; divides 60
    std::uint64_t seed = 1;
    std::size_t value_bytes = 128;
};

inline constexpr std::uint64_t minutes_a_day = 24 * 60;
/// Everybody seen for so long is in the cache of the hour.
inline constexpr std::uint64_t hour_minutes = 60;
/// The cache of the most recent customers never holds more.
inline constexpr std::uint64_t most_recent = 1000;
/// Of this many new customers one brings somebody back.
inline constexpr std::uint64_t new_a_return = 4;

/// The first hour after the peak, counted from the start.
[[nodiscard]] inline std::uint64_t peak_end_hour(const spike_load& l) noexcept {
    return (l.days > 1 ? 24 : 0) + 13;
}

/// New customers in the simulated minute `minute` of the run.
[[nodiscard]] inline std::uint64_t arrivals(const spike_load& l, std::uint64_t minute) {
    constexpr double night = 5'000;
    constexpr double day = 50'000;
    constexpr double lowest_hour = 3;
    constexpr double pi = 3.14159265358979323846;
    const double hour = static_cast<double>(minute % minutes_a_day) / 60;
    const double ordinary =
        (night + day) / 2 - (day - night) / 2 * std::cos(2 * pi * (hour - lowest_hour) / 24);
    const auto away = std::abs(static_cast<std::int64_t>(minute / 60 + 1) -
                               static_cast<std::int64_t>(peak_end_hour(l)));
    const double crowd =
        away > 20 ? 0 : std::ldexp(static_cast<double>(l.peak), -3 * static_cast<int>(away));
    const double rate = std::max(ordinary, crowd);
    // A rate that is no whole number a minute comes out whole over its hour.
    const auto until = [rate](std::uint64_t m) {
        return static_cast<std::uint64_t>(rate * static_cast<double>(m) / 60);
    };
    return crowd > ordinary ? until(minute % 60 + 1) - until(minute % 60)
                            : static_cast<std::uint64_t>(rate / 60);
}

/// Visits, returns included, that the busiest hour of the run brings at most.
[[nodiscard]] inline std::uint64_t most_visits_an_hour(const spike_load& l) {
    const std::uint64_t most = std::max<std::uint64_t>(l.peak, 50'000);
    return most + most / new_a_return + 120;
}

/// splitmix64: numbers from a seed, the same everywhere. Every state gives another number, so that
/// ids never repeat (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
class random_ids {
  public:
    explicit random_ids(std::uint64_t seed) noexcept : state_(seed) {}
    std::uint64_t next() noexcept {
        std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }

  private:
    std::uint64_t state_;
};

} // namespace ebb::bench
