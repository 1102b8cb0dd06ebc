// Numbers and sizes drawn at random, the same in every run.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ebb::bench {

/// A generator that costs a nanosecond: splitmix64 (Vigna).
class quick_random {
  public:
    explicit quick_random(std::uint64_t seed) : state_(seed) {}
    std::uint64_t operator()() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }

  private:
    std::uint64_t state_;
};

/// `count` sizes from `least` to `most`, each as likely as another.
inline std::vector<std::uint16_t> uniform(std::size_t count, std::uint64_t least,
                                          std::uint64_t most) {
    quick_random random(4);
    std::vector<std::uint16_t> sizes(count);
    std::generate(sizes.begin(), sizes.end(), [&] {
        return static_cast<std::uint16_t>(least + (random() >> 16) % (most - least + 1));
    });
    return sizes;
}

/// `count` sizes, log-uniform from `least` to `most`: every doubling is as likely as another.
inline std::vector<std::uint32_t> log_uniform(std::size_t count, double least, double most,
                                              std::uint64_t seed = 1) {
    quick_random random(seed);
    std::vector<std::uint32_t> sizes(count);
    for (std::uint32_t& size : sizes) {
        const double unit = static_cast<double>(random() >> 11) * 0x1p-53;
        size = static_cast<std::uint32_t>(least * std::exp(unit * std::log(most / least)));
    }
    return sizes;
}

} // namespace ebb::bench
