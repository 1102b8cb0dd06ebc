// What threads do side by side, in any number, unless somebody has closed the gate: he waits for
// those that are inside, and no longer.
//
// Cost: two atomic additions a visit. Threads: any.
#pragma once

#include <ebb/alloc/engine/shared.h>
#include <ebb/alloc/os/futex.h>

#include <cstdint>

namespace ebb::engine {

class gate {
  public:
    /// False where it is closed: the caller stays outside.
    [[nodiscard]] bool enter() noexcept {
        inside_.fetch_add(1);
        if (closed_.load() == 0) {
            return true;
        }
        leave();
        return false;
    }
    void leave() noexcept { inside_.fetch_add(0 - 1U); }

    /// Keeps others out until open(), and waits until nobody is inside. May be nested. Requires:
    /// the caller is outside.
    void close() noexcept {
        closed_.fetch_add(1);
        while (inside_.load() != 0) {
            os::yield();
        }
    }
    void open() noexcept { closed_.fetch_add(0 - 1U); }

    [[nodiscard]] bool is_busy() const noexcept { return inside_.load() != 0; }

  private:
    shared<std::uint32_t> inside_{0};
    shared<std::uint32_t> closed_{0};
};

} // namespace ebb::engine
