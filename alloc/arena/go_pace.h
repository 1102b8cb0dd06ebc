// When Go's collector would run: GOGC=100 as go1.19 paces it, for arenas that keep their dead.
//
// The collector's goal is twice what its last mark found alive, plus what it scans besides the
// heap, and 4 MiB at least. It starts a little before, at a trigger that is tested when a large
// block or a span of small ones has been handed out. A mark takes no time here: what is dead when
// it starts is gone when it ends, what isn't stays until the next one.
//
// Source of the rules: go1.19's runtime/mgcpacer.go. Of its inputs the only ones that a heap alone
// doesn't have are the runtime's own: constants below, with their measurement.
#pragma once

#include <ebb/alloc/base/bytes.h>

#include <algorithm>
#include <cstdint>

namespace ebb {

/// The pace of one collected heap. Bytes are as the heap rounds them.
/// Cost: an addition and a comparison for each span or large block.
class go_pace {
  public:
    /// The heap has handed out `bytes` more. True when it is time to collect.
    [[nodiscard]] bool handed_out(std::uint64_t bytes) noexcept {
        live_ += bytes;
        return live_ >= trigger_;
    }

    /// A collection has run and left `bytes` alive.
    void collected(std::uint64_t bytes) noexcept {
        live_ = runtime_bytes + bytes;
        const std::uint64_t goal = std::max(2 * live_ + scanned_roots_bytes, minimum_goal_bytes);
        trigger_ = trigger_below(goal, live_);
    }

    /// Bytes handed out at which the next collection starts, the runtime's own included.
    [[nodiscard]] std::uint64_t trigger() const noexcept { return trigger_; }

    /// GOGC=100 with the default minimum (4 MiB).
    static constexpr std::uint64_t minimum_goal_bytes = 4 * mib;

    /// Globals and stacks, which the goal adds to the heap: 223,344 + 44,700 in go1.19 on amd64
    /// (`GODEBUG=gcpacertrace=1`, any program that does little beside its map).
    static constexpr std::uint64_t scanned_roots_bytes = 268'000;

    /// What the runtime itself has in its heap before a program's first allocation, in spans.
    static constexpr std::uint64_t runtime_bytes = 256 * kib;

  private:
    // The latest trigger that the pacer allows: 61/64 of the way from the marked heap to the goal,
    // or 4 MiB before the goal. The earliest is 45/64; which of them real Go takes depends on how
    // fast its collector ran beside the program before.
    static constexpr std::uint64_t trigger_below(std::uint64_t goal,
                                                 std::uint64_t marked) noexcept {
        const std::uint64_t latest = marked + (goal - marked) / 64 * 61;
        return std::max(latest, goal - minimum_goal_bytes);
    }

    std::uint64_t live_ = runtime_bytes;
    std::uint64_t trigger_ = trigger_below(minimum_goal_bytes, 0);
};

} // namespace ebb
