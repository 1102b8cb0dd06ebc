#include <ebb/bench/spike/sample.h>

#include <cinttypes>
#include <cstdio>
#include <stdexcept>

namespace ebb::bench {

// Fields with a space between them; the least number stands for what is absent.
namespace {
constexpr std::int64_t absent = INT64_MIN;
}

std::string to_line(const spike_sample& s) {
    char line[256];
    std::snprintf(
        line, sizeof line,
        "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRId64 " %" PRId64 " %.3f %.3f %.6f",
        s.minute, s.entries, s.floor, s.live, s.dead ? static_cast<std::int64_t>(*s.dead) : absent,
        s.resident.value_or(absent), s.worst_us, s.ns, s.seconds);
    return line;
}

spike_sample sample_from_line(std::string_view line) {
    spike_sample s;
    std::int64_t dead_bytes = 0;
    std::int64_t resident = 0;
    char surplus = 0;
    const int fields = std::sscanf(std::string(line).c_str(),
                                   "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNd64
                                   " %" SCNd64 " %lf %lf %lf %c",
                                   &s.minute, &s.entries, &s.floor, &s.live, &dead_bytes, &resident,
                                   &s.worst_us, &s.ns, &s.seconds, &surplus);
    if (fields != 9) {
        throw std::runtime_error("not a sample: " + std::string(line));
    }
    if (dead_bytes != absent) {
        s.dead = static_cast<std::uint64_t>(dead_bytes);
    }
    if (resident != absent) {
        s.resident = resident;
    }
    return s;
}

} // namespace ebb::bench
