#include <ebb/bench/peers/plan.h>

#include <fmt/core.h>

#include <algorithm>

namespace ebb::bench::peers {
namespace {

using enum unit;
using enum said_by;

constexpr std::string_view eighths = "eighths";

constexpr std::array all_columns{
    column{"peak", "memory", "peak", ratio, "growth", "peak"},
    column{"worst-n", "memory", "worst N", ratio, "growth", "worst"},
    column{"full", "memory", "full MB", megabytes, "shrinking", "full"},
    column{"half", "memory", "1/2 left", ratio, "shrinking", "half"},
    column{"tenth", "memory", "1/10 MB", megabytes, "shrinking", "tenth"},
    column{"hundredth", "memory", "1 % MB", megabytes, "shrinking", "hundredth"},
    column{"none", "memory", "0 MB", megabytes, "shrinking", "none"},
    column{"hundredth-trimmed", "memory", "1 %, trim", megabytes, "trimmed", "hundredth"},
    column{"none-trimmed", "memory", "0, trim", megabytes, "trimmed", "none"},
    column{"insert", "time", "insert", nanoseconds, "insert", "insert"},
    column{"hit", "time", "hit", nanoseconds, "lookups", "hit"},
    column{"miss", "time", "miss", nanoseconds, "lookups", "miss"},
    column{"erase", "time", "erase", nanoseconds, "erase", "erase"},
    column{"iterate", "time", "iterate", nanoseconds, "lookups", "iterate"},
    column{"turn", "time", "in turn", nanoseconds, "lookups", "turn"},
    column{"teeth", "time", "teeth", nanoseconds, "saw-tooth", "teeth-middle"},
    column{"teeth-worst", "time", "worst", nanoseconds, "saw-tooth", "teeth-worst"},
    column{"copy", "time", "copy", nanoseconds, "copy", "copy"},
    column{"clear", "time", "clear", nanoseconds, "copy", "clear"},
    column{"eighth", "eighths", "ns", nanoseconds, "eighths", "time"},
    column{"eighth-faults", "eighths", "faults", count, "eighths", "faults"},
    column{"eighth-madvise", "eighths", "madvise", count, "eighths", "madvise", strace},
    column{"held", "eighths", "held: ns", nanoseconds, "eighths-held", "time"},
    column{"held-faults", "eighths", "faults", count, "eighths-held", "faults"},
    column{"held-madvise", "eighths", "madvise", count, "eighths-held", "madvise", strace},
    column{"insert-instructions", "counts", "instr. insert", count, "count-insert", "instructions",
           callgrind},
    column{"hit-instructions", "counts", "hit", count, "count-hit", "instructions", callgrind},
    column{"miss-instructions", "counts", "miss", count, "count-miss", "instructions", callgrind},
    column{"erase-instructions", "counts", "erase", count, "count-erase", "instructions",
           callgrind},
    column{"iterate-instructions", "counts", "iterate", count, "count-iterate", "instructions",
           callgrind},
    column{"insert-faults", "counts", "faults insert", count, "count-insert", "faults", once},
    column{"erase-faults", "counts", "erase", count, "count-erase", "faults", once},
    column{"insert-madvise", "counts", "madvise insert", count, "count-insert", "madvise", strace},
    column{"erase-madvise", "counts", "erase", count, "count-erase", "madvise", strace},
    column{"insert-calls", "counts", "calls insert", count, "count-insert", "calls", strace},
    column{"erase-calls", "counts", "erase", count, "count-erase", "calls", strace},
    column{"insert-p50", "latency", "insert p50", nanoseconds, "latency", "p50"},
    column{"insert-p99", "latency", "p99", nanoseconds, "latency", "p99"},
    column{"insert-p999", "latency", "p99.9", nanoseconds, "latency", "p999"},
    column{"insert-worst", "latency", "worst ms", milliseconds, "latency", "most"},
    column{"erase-p50", "latency", "erase p50", nanoseconds, "latency", "erase-p50"},
    column{"erase-p99", "latency", "p99", nanoseconds, "latency", "erase-p99"},
    column{"erase-worst", "latency", "worst ms", milliseconds, "latency", "erase-most"},
};

// Below it a look-up takes 5 to 15 ns, above it up to 100: a loop then lasts 0.05 to 0.4 s.
constexpr std::size_t fits_the_cache = 100'000;

bool in_table(const std::vector<column>& all, std::string_view table) {
    return std::any_of(all.begin(), all.end(), [&](const column& c) { return c.table == table; });
}

// What the hungriest peer takes: two arrays at 7/16 full, with keys in tables beside the map.
std::uint64_t bytes_to_measure(const block& b) {
    const std::size_t key = b.kind == key_kind::string ? 64 : 8;
    return std::uint64_t{b.count} * 8 / 5 * (4 * (b.value_bytes + key) + 4 * key);
}

} // namespace

bool map_plan::has(const block& b, const column& c) const {
    return small.empty() || small.contains(b) == (c.table == eighths);
}

std::span<const column> columns() noexcept {
    return all_columns;
}

std::string_view operation_of(const column& c) noexcept {
    return c.in == count ? c.key.substr(0, c.key.rfind('-')) : c.key;
}

std::size_t operations_of(const block& b, bool quick) noexcept {
    const std::size_t all = b.count < fits_the_cache ? 10'000'000 : 4'000'000;
    return quick ? all / 4 : all;
}

std::vector<std::string> names_of_columns() {
    std::vector<std::string> tables;
    std::vector<std::string> all;
    for (const column& c : all_columns) {
        if (tables.empty() || tables.back() != c.table) {
            tables.emplace_back(c.table);
        }
        all.emplace_back(c.key);
    }
    all.insert(all.begin(), tables.begin(), tables.end());
    return all;
}

map_plan make_map_plan(const map_choice& c, std::optional<std::uint64_t> available_bytes) {
    map_plan plan;
    const auto in = [](const auto& list, const auto& one) {
        return std::find(list.begin(), list.end(), one) != list.end();
    };
    for (const column& at : all_columns) {
        if ((c.only.empty() || in(c.only, at.key) || in(c.only, at.table)) &&
            (c.counted || at.by == rounds)) {
            plan.wanted.push_back(at);
            if (at.by == rounds && !in(plan.scenarios, at.scenario)) {
                plan.scenarios.push_back(at.scenario);
            }
        }
    }
    std::vector<std::size_t> counts = c.counts;
    if (in_table(plan.wanted, eighths)) {
        counts.insert(counts.end(), c.small_counts.begin(), c.small_counts.end());
    }
    for (const key_kind kind : c.kinds) {
        for (const std::size_t count : counts) {
            for (const std::size_t value_bytes : c.value_bytes) {
                const block b{kind, count, value_bytes};
                if (in(c.small_counts, count)) {
                    plan.small.insert(b);
                }
                if (available_bytes && bytes_to_measure(b) > *available_bytes) {
                    plan.notes.push_back(fmt::format(
                        "{} keys, {} x {} bytes: not run, needs {} MB, {} available",
                        key_kind_names[static_cast<std::size_t>(kind)], count, value_bytes,
                        bytes_to_measure(b) / 1'000'000, *available_bytes / 1'000'000));
                } else {
                    plan.blocks.push_back(b);
                }
            }
        }
    }
    std::erase_if(plan.blocks, [&plan](const block& b) {
        return std::none_of(plan.wanted.begin(), plan.wanted.end(),
                            [&](const column& at) { return plan.has(b, at); });
    });
    return plan;
}

} // namespace ebb::bench::peers
