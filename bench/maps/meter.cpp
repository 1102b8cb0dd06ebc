#include <ebb/alloc/os/process.h>
#include <ebb/bench/maps/meter.h>

#include <thread>

namespace ebb::bench {

meter::meter(const record_sink& sink)
    : sink_(sink), resident_before_(os::anonymous_resident_bytes()) {}

// What a malloc gives back by itself it gives back within a second of rest, or only when it is
// called again. Where little could come back nobody waits.
std::optional<std::uint64_t> meter::resident_at_rest(const ledger& l) const {
    constexpr std::uint64_t worth_a_wait = 16 << 20;
    const auto now = os::anonymous_resident_bytes();
    const std::uint64_t held = l.requested + l.slack + l.dead;
    if (!now || !resident_before_ || *now < *resident_before_ + held + worth_a_wait) {
        return now;
    }
    std::this_thread::sleep_for(std::chrono::seconds(1));
    return os::anonymous_resident_bytes();
}

void meter::take(const char* step, const ledger& l, bool tells_idle, parts held) {
    record r;
    r.seconds = std::chrono::duration<double>(clock::now() - begun_).count();
    const auto resident = ending_ ? resident_at_rest(l) : os::anonymous_resident_bytes();
    r.step = step;
    r.requested = l.requested;
    r.slack = l.slack;
    r.dead = l.dead;
    r.mapped = l.mapped;
    r.peak = l.peak;
    if (resident && resident_before_) {
        r.resident =
            static_cast<std::int64_t>(*resident) - static_cast<std::int64_t>(*resident_before_);
    }
    held.rounding += l.slack;
    held.dead = l.dead;
    if (tells_idle) {
        r.idle = l.idle;
        r.overhead = l.overhead;
        held.allocator = l.idle + l.overhead;
    }
    r.held = held;
    sink_(r);
    begun_ = clock::now();
}

} // namespace ebb::bench
