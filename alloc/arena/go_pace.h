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

#if __cplusplus < 201709L // what g++ 10 says of C++20
#error "ebb needs C++20: compile with -std=c++20 or a later standard"
#else

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
        const std::uint64_t marked = live_ + live_ / marked_meanwhile;
        const std::uint64_t goal = std::max(2 * marked + scanned_roots_bytes, minimum_goal_bytes);
        trigger_ = goal - (goal - marked) / runway;
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
    // Real Go marks beside the program, counts as alive what is allocated meanwhile, and starts
    // before the goal by what it expects that to be: 3 to 9 % of the heap and 5 to 30 % of the way,
    // by how busy the machine is (gcpacertrace). With a twentieth for both, 347 of 349 fills of
    // maps (11 layouts, 100 … 1,300,000 entries) end with what four or five runs of real Go 1.19
    // ended with. Of the 266 in which it matters 2 fall out; with neither 14 do, with 4 % or 6 %
    // instead of the first 7 and 6.
    static constexpr std::uint64_t marked_meanwhile = 20;
    static constexpr std::uint64_t runway = 20;

    // Before the first mark: 61/64 of the way to the minimum, the latest that Go's pacer allows.
    static constexpr std::uint64_t first_trigger = minimum_goal_bytes / 64 * 61;

    std::uint64_t live_ = runtime_bytes;
    std::uint64_t trigger_ = first_trigger;
};

} // namespace ebb

#endif // C++20
