// seed: where maps get their hash seeds and their coin flips from. No system call, no allocation.
#pragma once

#include <ebb/maps/hash.h>

#include <atomic>
#include <chrono>
#include <cstdint>

namespace ebb::detail {

/// Another number at each call in the process.
[[nodiscard]] inline std::uint64_t seed_count() noexcept {
    static std::atomic<std::uint64_t> made{0};
    return made.fetch_add(1, std::memory_order_relaxed);
}

/// A start that differs between maps, between threads and between runs: a count that all maps
/// share, mixed with the clock and an address that the system randomises.
///
/// A program whose sources are all compiled with EBB_MAP_SEED defined, as a number, has the count
/// mixed with that number: a run with one thread then repeats exactly, which measurements want.
/// Not for a program that takes keys from others: they could choose keys that collide.
[[nodiscard]] inline std::uint64_t fresh_seed([[maybe_unused]] const void* of) noexcept {
    const std::uint64_t count = seed_count();
#ifdef EBB_MAP_SEED
    return mix(count, EBB_MAP_SEED);
#else
    const auto now =
        static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
    return mix(count ^ now << 20, reinterpret_cast<std::uintptr_t>(of));
#endif
}

/// A seed that follows a map's own, and that no other map has or gets. Reads no clock.
[[nodiscard]] inline std::uint64_t next_seed(std::uint64_t last) noexcept {
    return mix(seed_count(), last);
}

/// A small generator of its own for each map: splitmix64 (Steele, Lea, Flood 2014).
class coin {
  public:
    explicit coin(std::uint64_t seed) noexcept : state_(seed) {}
    [[nodiscard]] std::uint64_t operator()() noexcept {
        std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
        z = (z ^ z >> 27) * 0x94d049bb133111eb;
        return z ^ z >> 31;
    }

  private:
    std::uint64_t state_;
};

} // namespace ebb::detail
