// The engine's clock in a test's hands: what waits in milliseconds there waits for the test.
//
// The linker puts the test's os::coarse_milliseconds() in the real one's place (CMakeLists.txt);
// the engine itself has no seam. Without a held_clock the clock is the real one.
#pragma once

#include <cstdint>

namespace tests {

/// While this lives, the engine's clock stands still, but for advance(). One at a time.
class held_clock {
  public:
    held_clock() noexcept;
    ~held_clock();
    held_clock(const held_clock&) = delete;
    held_clock& operator=(const held_clock&) = delete;

    static void advance(std::uint32_t milliseconds) noexcept;
    /// How often the engine has read it.
    [[nodiscard]] static std::uint64_t readings() noexcept;
};

} // namespace tests
