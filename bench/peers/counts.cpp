#include <ebb/bench/peers/counts.h>
#include <ebb/bench/peers/eighths.h>
#include <ebb/bench/process/counted.h>

namespace ebb::bench::peers {

counts counted(const command& what, said_by by) {
    counts found;
    if (by == said_by::callgrind) {
        const auto n = count_instructions(what);
        found.missing = n.missing;
        if (n.value) {
            found.figures = {{"instructions", static_cast<double>(*n.value)}};
        }
    } else {
        const auto calls = count_system_calls(what);
        found.missing = calls.missing;
        if (calls.value) {
            found.figures = {{"calls", static_cast<double>(calls.value->total())},
                             {"madvise", static_cast<double>(calls.value->of("madvise"))}};
        }
    }
    return found;
}

double share_of(const column& c, std::size_t entries) noexcept {
    if (c.by == said_by::callgrind) {
        return static_cast<double>(entries);
    }
    return c.by == said_by::strace && c.table == "eighths"
               ? static_cast<double>(teeth_that_count(entries))
               : 1;
}

} // namespace ebb::bench::peers
