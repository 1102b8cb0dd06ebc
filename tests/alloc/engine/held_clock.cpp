#include <ebb/alloc/os/clock.h>

#include <tests/alloc/engine/held_clock.h>

#include <atomic>

namespace {

std::atomic<bool> held{false};
std::atomic<std::uint32_t> held_at{0};
std::atomic<std::uint64_t> times_read{0};

} // namespace

// os::coarse_milliseconds() by the names that the linker's --wrap gives.
extern "C" std::uint32_t __real__ZN3ebb2os19coarse_millisecondsEv() noexcept;  // NOLINT
extern "C" std::uint32_t __wrap__ZN3ebb2os19coarse_millisecondsEv() noexcept { // NOLINT
    ++times_read;
    return held ? held_at.load() : __real__ZN3ebb2os19coarse_millisecondsEv();
}

namespace tests {

held_clock::held_clock() noexcept {
    held_at = ebb::os::coarse_milliseconds();
    held = true;
}
held_clock::~held_clock() {
    held = false;
}

void held_clock::advance(std::uint32_t milliseconds) noexcept {
    held_at += milliseconds;
}

std::uint64_t held_clock::readings() noexcept {
    return times_read;
}

} // namespace tests
