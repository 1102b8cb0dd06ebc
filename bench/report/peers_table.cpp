#include <ebb/bench/report/grid.h>
#include <ebb/bench/report/median.h>
#include <ebb/bench/report/peers.h>

#include <fmt/core.h>
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <utility>

namespace ebb::bench::peers {
namespace {

constexpr std::string_view how_to_read =
    "memory: peak and worst N (of 0.8 to 1.6 x as many) while growing, over the entries' own "
    "bytes\n"
    "  (pairs, and the characters of text keys); resident MB (1,000,000 bytes) when full and with "
    "a\n"
    "  tenth, 1 %, none left at random; 1/2 left, over what is left; trim: after malloc_trim(0)\n"
    "time: ns of CPU; insert: growing from empty; in turn: each key is known by the value before;\n"
    "  teeth: 256 and an eighth deleted and inserted in turn, middle and worst of 18 places\n"
    "eighths: an eighth of the keys erased at random and as many new ones inserted, again and "
    "again;\n"
    "  ns of CPU an operation, page faults and madvise calls a tooth; held: in a map whose room\n"
    "  reserve() holds\n"
    "counts: instructions an operation with at most 100,000 entries (callgrind); page faults,\n"
    "  madvise and all system calls (strace) of all inserts into an empty map, of all erases\n"
    "latency: ns of one operation, a clock's 20 to 30 included, time kept waiting by others taken "
    "off\n";

int digits_after_point(double size, unit in) {
    if (in == unit::count && size == std::floor(size)) {
        return 0;
    }
    if (in == unit::ratio || size < 10) {
        return 2;
    }
    return size < 100 ? 1 : 0;
}

std::string cell(const std::vector<double>& runs, unit in) {
    const auto middle = middle_of(runs);
    if (!middle) {
        return "-";
    }
    const double off = shown(*deviation_of(runs), in);
    if (in == unit::count && runs.size() == 1) {
        return figure(*middle, in); // counted once
    }
    const int digits = digits_after_point(std::abs(shown(*middle, in)), in);
    return fmt::format("{} ±{:.{}f}", figure(*middle, in), off, digits);
}

std::string table_of(const map_result& r, const block& b, std::string_view table) {
    std::vector<grid_column> heads{{std::string(table), side::left}};
    for (const column& c : r.plan.wanted) {
        if (c.table == table && r.plan.has(b, c)) {
            heads.push_back({std::string(c.head), side::right});
        }
    }
    const auto found = r.values.find(b);
    if (heads.size() == 1 || found == r.values.end()) {
        return "";
    }
    std::vector<std::vector<std::string>> rows;
    for (const map_subject& m : r.maps) {
        if (!m.missing.empty()) {
            continue;
        }
        rows.push_back({m.name});
        for (const column& c : r.plan.wanted) {
            if (c.table != table || !r.plan.has(b, c)) {
                continue;
            }
            const auto values = found->second.find(c.key);
            const bool has = values != found->second.end() && values->second.contains(m.name);
            rows.back().push_back(has ? cell(values->second.at(m.name), c.in) : "-");
        }
    }
    return grid(heads, rows) + '\n';
}

std::string comparison(const map_result& r, const block& b) {
    std::vector<std::vector<std::string>> rows;
    for (const map_subject& m : r.maps) {
        if (const auto c = compare_beside(r, b, m.name)) {
            rows.push_back({m.name, fmt::format("{:.2f}", c->mean),
                            fmt::format("{:.2f}", c->mean_of_least),
                            fmt::format("{:.2f} ({})", c->worst, c->worst_column),
                            c->erase ? fmt::format("{:.2f}", *c->erase) : "-"});
        }
    }
    if (rows.empty()) {
        return "";
    }
    return fmt::format("insert, hit, miss, iterate over the better of {}: geometric mean over its "
                       "mean,\nover the better one of each row, worst row; erase\n{}\n",
                       fmt::join(r.beside, " and "),
                       grid({{"", side::left},
                             {"mean", side::right},
                             {"by row", side::right},
                             {"worst", side::right},
                             {"erase", side::right}},
                            rows));
}

} // namespace

double shown(double value, unit in) noexcept {
    return in == unit::megabytes || in == unit::milliseconds ? value / 1e6 : value;
}

std::string grouped(std::size_t n) {
    return n < 1000 ? std::to_string(n) : fmt::format("{},{:03}", grouped(n / 1000), n % 1000);
}

std::string figure(double value, unit in) {
    const double v = shown(value, in);
    return fmt::format("{:.{}f}", v == 0 ? 0 : v, digits_after_point(std::abs(v), in));
}

std::string maps_table(const map_result& r) {
    std::string versions;
    std::string after;
    for (const map_subject& m : r.maps) {
        if (m.missing.empty()) {
            versions += fmt::format("{}: {} {}\n", m.name, m.label, m.version);
        } else {
            after += fmt::format("{}: {}\n", m.name, m.missing);
        }
    }
    std::string text = fmt::format(
        "{}{} interleaved rounds{}, each figure from a process of its own: median ±median absolute "
        "deviation\n{}",
        versions, r.rounds, r.quick ? " (--quick)" : "", how_to_read);
    for (const block& b : r.plan.blocks) {
        const std::size_t key = b.kind == key_kind::string ? sizeof(std::string) : 8;
        text += fmt::format(
            "\n== {} keys, {} entries, values of {} bytes: {} MB\n\n",
            key_kind_names[static_cast<std::size_t>(b.kind)], grouped(b.count), b.value_bytes,
            figure(static_cast<double>(b.count * (key + b.value_bytes + bytes_behind(b.kind))),
                   unit::megabytes));
        for (const char* const table : {"memory", "time", "eighths", "counts", "latency"}) {
            text += table_of(r, b, table);
        }
        text += comparison(r, b);
    }
    for (const std::string& note : r.plan.notes) {
        after += note + '\n';
    }
    for (const std::string& failure : r.failures) {
        after += "failed: " + failure + '\n';
    }
    return text + after;
}

} // namespace ebb::bench::peers
