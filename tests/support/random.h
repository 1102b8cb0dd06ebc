// Random numbers for tests: a seed from the environment (EBB_SEED) or the clock, printed with every
// failure, and how much work a sanitizer's build can take.
#pragma once

#include <ebb/alloc/base/sanitizers.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>

namespace tests {

using random_engine = std::mt19937_64;

/// Put it into a SCOPED_TRACE, so that a failure can be repeated: EBB_SEED=<it>.
inline std::uint64_t new_seed() {
    if (const char* const text = std::getenv("EBB_SEED")) {
        return std::strtoull(text, nullptr, 10);
    }
    return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

/// Uniform in [0, bound). Requires: bound > 0.
inline std::size_t below(random_engine& random, std::size_t bound) {
    return static_cast<std::size_t>(random() % bound);
}

/// A sanitizer's build takes less work.
using ebb::sanitized;

/// The thread sanitizer has nothing to see where one thread works alone, at a fifteenth of the
/// speed.
using ebb::thread_sanitized;

} // namespace tests
