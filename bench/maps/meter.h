// What a scenario's steps are read with: the ledger, the kernel and the clock.
#pragma once

#include <ebb/alloc/ledger/ledger.h>
#include <ebb/bench/maps/record.h>

#include <chrono>
#include <cstdint>
#include <optional>

namespace ebb::bench {

/// Made before the map's memory: what is resident then is taken off from all that follows.
class meter {
  public:
    explicit meter(const record_sink& sink);

    /// From now on what a malloc gives back by itself is waited for, where much could come back.
    void at_the_end() noexcept { ending_ = true; }

    /// Hands on a record of the step: `l`, which knows what the allocator under it holds beyond the
    /// blocks if it `tells_idle`, and `held`, to which the ledger's rounding and dead bytes come.
    void take(const char* step, const ledger& l, bool tells_idle, parts held);

  private:
    using clock = std::chrono::steady_clock;

    [[nodiscard]] std::optional<std::uint64_t> resident_at_rest(const ledger& l) const;

    const record_sink& sink_;
    std::optional<std::uint64_t> resident_before_;
    clock::time_point begun_ = clock::now();
    bool ending_ = false;
};

} // namespace ebb::bench
