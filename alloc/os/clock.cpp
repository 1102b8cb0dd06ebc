#include <ebb/alloc/base/narrow.h>
#include <ebb/alloc/os/clock.h>
#include <ebb/alloc/os/system_call.h>
#include <ebb/alloc/os/vdso.h>

#include <sys/syscall.h>

#include <atomic>
#include <ctime>

namespace ebb::os {
namespace {

using clock_function = int (*)(clockid_t, timespec*);

#if defined(__aarch64__)
constexpr const char* name = "__kernel_clock_gettime";
#else
constexpr const char* name = "__vdso_clock_gettime";
#endif

int ask_kernel(clockid_t which, timespec* now) {
    return bounded<int>(system_call(SYS_clock_gettime, which, reinterpret_cast<long>(now)));
}

int find_first(clockid_t which, timespec* now);

// Threads that call at once find the same function.
constinit std::atomic<clock_function> clock{find_first};

int find_first(clockid_t which, timespec* now) {
    void* const found = vdso_function(name);
    const auto function = found == nullptr ? ask_kernel : reinterpret_cast<clock_function>(found);
    clock.store(function, std::memory_order_relaxed);
    return function(which, now);
}

std::uint64_t nanoseconds(clockid_t which) noexcept {
    timespec now{};
    clock.load(std::memory_order_relaxed)(which, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(now.tv_nsec);
}

} // namespace

std::uint64_t monotonic_nanoseconds() noexcept {
    return nanoseconds(CLOCK_MONOTONIC);
}

std::uint32_t coarse_milliseconds() noexcept {
    return wrapped<std::uint32_t>(nanoseconds(CLOCK_MONOTONIC_COARSE) / 1'000'000);
}

} // namespace ebb::os
