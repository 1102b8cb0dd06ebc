// Noise: short random delays where threads meet, for tests of what they do to each other.
//
// A race of a few instructions is met once in a million runs. In the noisy build (EBB_NOISE, the
// archive ebb_engine_noisy, for tests alone) every lock and every word that threads share calls
// noise() before and after each access. Most calls only count down; the one that reaches the end
// pauses, yields or sleeps for a moment, so that threads meet in every place between two accesses.
//
// In every other build noise() is empty and leaves no instruction.
//
// Works before constructors, inside of the first malloc, in signal handlers, in forked children and
// on a thread that libc doesn't know: no allocation, no errno, no lock. Cost when noisy: a
// decrement of a thread-local word a call. Threads: any.
#pragma once

#include <cstdint>

#ifndef EBB_NOISE
#define EBB_NOISE 0
#endif

namespace ebb::os {

inline constexpr bool noisy = EBB_NOISE != 0;

#if EBB_NOISE

/// Makes the noise of every thread that hasn't made any yet, and of the caller, follow from `seed`:
/// each draws its own numbers, by the order in which threads first call.
void seed_noise(std::uint64_t seed) noexcept;

namespace detail {

/// How many more calls of this thread do nothing. All zero at first, so that it also works in the
/// block of zeroes that the background thread has for thread-local storage.
extern constinit thread_local std::int32_t quiet_calls [[gnu::tls_model("initial-exec")]];

void make_noise() noexcept;

} // namespace detail

/// Delays the caller for a moment, now and then.
inline void noise() noexcept {
    if (--detail::quiet_calls < 0) [[unlikely]] {
        detail::make_noise();
    }
}

/// Noise at the beginning and at the end of a scope.
class noise_around {
  public:
    noise_around() noexcept { noise(); }
    ~noise_around() { noise(); }
    noise_around(const noise_around&) = delete;
    noise_around& operator=(const noise_around&) = delete;
};

#else

inline void noise() noexcept {}

class noise_around {
  public:
    noise_around() noexcept {} // not defaulted: nobody calls it an unused variable
};

#endif

} // namespace ebb::os
