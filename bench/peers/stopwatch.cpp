#include <ebb/bench/peers/stopwatch.h>

namespace ebb::bench::peers {

std::uint64_t stopwatch::settle(std::uint64_t took) noexcept {
    const std::uint64_t cpu = clock(CLOCK_THREAD_CPUTIME_ID);
    const std::uint64_t wall = clock(CLOCK_MONOTONIC);
    const std::uint64_t passed = wall - wall_;
    const std::uint64_t worked = cpu - cpu_;
    const std::uint64_t waited = passed > worked ? passed - worked : 0;
    wall_ = wall;
    cpu_ = cpu;
    last_ = wall;
    laps_ = 0;
    return took > waited ? took - waited : 0;
}

} // namespace ebb::bench::peers
