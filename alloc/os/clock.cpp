#include <ebb/alloc/base/narrow.h>
#include <ebb/alloc/os/clock.h>

#include <ctime>

namespace ebb::os {

std::uint32_t coarse_milliseconds() noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return wrapped<std::uint32_t>(static_cast<std::uint64_t>(now.tv_sec) * 1000 +
                                  static_cast<std::uint64_t>(now.tv_nsec) / 1'000'000);
}

} // namespace ebb::os
