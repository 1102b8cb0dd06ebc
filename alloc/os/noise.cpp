#include <ebb/alloc/base/narrow.h>
#include <ebb/alloc/os/noise.h>
#include <ebb/alloc/os/system_call.h>

#include <sys/syscall.h>

#include <atomic>
#include <ctime>

#if !EBB_NOISE
#error "part of the noisy build alone"
#endif

namespace ebb::os {
namespace {

// Rare and long noises find more than frequent and short ones: a thread that sleeps costs the
// others no processor, and leaves them time for whatever may go wrong meanwhile. Measured on two
// busy processors with a fault put in (central_bin::take releases its lock too early): how many
// runs of the stress test failed within 15 s, and after how long (median).
//
//     mean quiet calls | sleeps of 256 | failed | after
//             no noise |             - | 0 of 3 |
//                   32 |             2 | 1 of 3 | 10.1 s
//                 1024 |           128 | 3 of 3 | 13.4 s
//                 2048 |           220 | 6 of 6 |  6.2 s
//                 4096 |           200 | 3 of 3 |  4.5 s
//                 4096 |           220 | 6 of 6 |  4.1 s
//                16384 |           220 | 6 of 6 |  3.9 s
//
// The stress test runs at a twelfth of its speed with a mean of 32, at two fifths with 4096. With
// 16384 a thread that lives for 200 operations would meet a noise or two.
constexpr std::uint32_t mean_quiet_calls = 4096;

// Of 256 noises: so many sleep, so many yield, the rest pause.
constexpr std::uint64_t sleeps = 200;
constexpr std::uint64_t yields = 40;
constexpr std::uint64_t most_pauses = 1000;
constexpr std::uint64_t most_sleep_ns = 100'000;

constinit std::atomic<std::uint64_t> common_seed{1};
constinit std::atomic<std::uint64_t> threads{0};
constinit thread_local std::uint64_t state [[gnu::tls_model("initial-exec")]] = 0;

// G. Steele, D. Lea, C. Flood, "Fast Splittable Pseudorandom Number Generators", 2014: splitmix64.
constexpr std::uint64_t golden = 0x9e3779b97f4a7c15U;
std::uint64_t mix(std::uint64_t x) noexcept {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31);
}

// Takes the lowest bits for a number below `bound`, which is small beside 2^16.
std::uint64_t draw(std::uint64_t& bits, std::uint64_t bound) noexcept {
    const std::uint64_t number = (bits & 0xffff) * bound >> 16;
    bits >>= 16;
    return number;
}

} // namespace

constinit thread_local std::int32_t detail::quiet_calls = 0;

void seed_noise(std::uint64_t seed) noexcept {
    common_seed.store(seed, std::memory_order_relaxed);
    threads.store(0, std::memory_order_relaxed);
    state = 0;
    detail::quiet_calls = 0;
}

void detail::make_noise() noexcept {
    if (state == 0) { // the first noise of this thread
        const std::uint64_t ordinal = threads.fetch_add(1, std::memory_order_relaxed) + 1;
        state = mix(common_seed.load(std::memory_order_relaxed) + ordinal * golden) | 1;
    }
    state += golden;
    std::uint64_t bits = mix(state);
    quiet_calls = bounded<std::int32_t>(draw(bits, std::uint64_t{2} * mean_quiet_calls));
    const std::uint64_t kind = draw(bits, 256);
    const std::uint64_t much = bits & 0xffff;
    if (kind < sleeps) {
        const timespec time{0, static_cast<long>(much * most_sleep_ns >> 16)};
        system_call(SYS_nanosleep, reinterpret_cast<long>(&time), 0);
    } else if (kind < sleeps + yields) {
        system_call(SYS_sched_yield);
    } else {
        for (std::uint64_t i = 0; i <= much * most_pauses >> 16; ++i) {
            pause();
        }
    }
}

} // namespace ebb::os
