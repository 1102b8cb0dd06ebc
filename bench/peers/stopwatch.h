// Times of single operations, one clock reading each.
//
// The reading that ends one operation begins the next; a figure includes its 20 to 30 ns. On a
// machine that others use, an operation may be interrupted for milliseconds, and the slowest of a
// million always is. So every operation over 10 µs is compared with the thread's CPU clock, and
// what the thread was kept waiting since the last comparison (1024 operations ago at the most) is
// taken off.
#pragma once

#include <time.h>

#include <cstdint>

namespace ebb::bench::peers {

class stopwatch {
  public:
    /// Writes nanoseconds from `out` on, one number a lap.
    explicit stopwatch(std::uint32_t* out) noexcept : out_(out) { settle(0); }

    void lap() noexcept {
        std::uint64_t took = clock(CLOCK_MONOTONIC) - last_;
        if (took > suspicious_ns || ++laps_ == most_laps) {
            took = settle(took);
        } else {
            last_ += took;
        }
        *out_++ = static_cast<std::uint32_t>(took < UINT32_MAX ? took : UINT32_MAX);
    }

  private:
    static constexpr std::uint64_t suspicious_ns = 10'000;
    static constexpr std::uint32_t most_laps = 1024;

    [[nodiscard]] static std::uint64_t clock(clockid_t which) noexcept {
        timespec now{};
        ::clock_gettime(which, &now);
        return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u +
               static_cast<std::uint64_t>(now.tv_nsec);
    }
    // The lap without what the thread was kept waiting; starts anew.
    std::uint64_t settle(std::uint64_t took) noexcept;

    std::uint32_t* out_;
    std::uint64_t last_ = 0;
    std::uint64_t wall_ = 0;
    std::uint64_t cpu_ = 0;
    std::uint32_t laps_ = 0;
};

} // namespace ebb::bench::peers
