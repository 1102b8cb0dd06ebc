#include <ebb/bench/report/median.h>
#include <ebb/bench/report/text.h>

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

namespace ebb::bench {
namespace {

using value = std::optional<std::int64_t>;

value signed_of(const std::optional<std::uint64_t>& bytes) {
    return bytes ? value(static_cast<std::int64_t>(*bytes)) : std::nullopt;
}

// The columns of a step. Of real Go only `heap` and `resident` are known.
struct column {
    std::string_view head;
    value (*of)(const record&);
};
const column heap{"heap", [](const record& r) {
                      return r.requested ? value(static_cast<std::int64_t>(r.heap()))
                                         : std::nullopt;
                  }};
const column live{"live", [](const record& r) {
                      return r.requested && r.slack
                                 ? value(static_cast<std::int64_t>(*r.requested + *r.slack))
                                 : std::nullopt;
                  }};
const column dead{"dead", [](const record& r) { return signed_of(r.dead); }};
const column peak{"peak", [](const record& r) { return signed_of(r.peak); }};
const column rss{"rss", [](const record& r) { return r.resident; }};

struct step_columns {
    std::string_view step;
    std::vector<column> columns;
};

// The steps of the two kinds of scenarios and what of each is shown.
const std::vector<step_columns>& columns_of(bool remedy) {
    static const std::vector<step_columns> layouts{
        {"empty", {heap, rss}},
        {"full", {heap, live, dead, peak, rss}},
        {"gone", {heap, live, dead, peak, rss}},
    };
    static const std::vector<step_columns> copies{
        {"empty", {heap, rss}},
        {"1000 left", {heap, live, dead, rss}},
        {"copied", {heap, live, dead, peak, rss}},
        {"copied+gc", {heap, live, dead, rss}},
    };
    return remedy ? copies : layouts;
}

const record* find(const std::vector<record>& run, std::string_view step) {
    for (const record& r : run) {
        if (r.step == step) {
            return &r;
        }
    }
    return nullptr;
}

std::optional<spread<std::int64_t>> over_runs(const result& r, std::string_view step,
                                              const column& c) {
    std::vector<value> values;
    for (const auto& run : r.runs) {
        const record* const at = find(run, step);
        values.push_back(at == nullptr ? std::nullopt : c.of(*at));
    }
    return spread_of(values);
}

std::optional<spread<double>> seconds_over_runs(const result& r) {
    std::vector<std::optional<double>> values;
    for (const auto& run : r.runs) {
        double sum = 0;
        for (const record& at : run) {
            sum += at.seconds;
        }
        values.emplace_back(sum);
    }
    return spread_of(values);
}

constexpr std::size_t label_columns = 3;

std::vector<std::string> row_of(const result& r, bool remedy, unit u) {
    std::vector<std::string> cells{std::string(name_of(r.what.way)), r.label,
                                   std::string(name_of(r.what.when))};
    if (!r.missing.empty()) {
        cells.push_back(r.missing);
        return cells;
    }
    for (const step_columns& s : columns_of(remedy)) {
        for (const column& c : s.columns) {
            const auto all = over_runs(r, s.step, c);
            cells.push_back(figure(all ? value(all->median) : std::nullopt, u));
        }
    }
    const auto seconds = seconds_over_runs(r);
    cells.push_back(seconds ? fmt::format("{:.2f}", seconds->median) : "-");
    return cells;
}

// What differed between the runs, as a remark: "full heap 461 .. 462".
std::string spread_line(const result& r, bool remedy, unit u) {
    std::string text;
    for (const step_columns& s : columns_of(remedy)) {
        for (const column& c : s.columns) {
            const auto all = over_runs(r, s.step, c);
            if (all && figure(all->least, u) != figure(all->most, u)) {
                text += fmt::format(", {} {} {} .. {}", s.step, c.head, figure(all->least, u),
                                    figure(all->most, u));
            }
        }
    }
    if (const auto seconds = seconds_over_runs(r)) {
        text += fmt::format(", seconds {:.2f} .. {:.2f}", seconds->least, seconds->most);
    }
    return fmt::format("  {} runs of {}: {}\n", r.runs.size(), name_of(r), text.substr(2));
}

// More rows than this are hard to follow without a line between the layouts.
constexpr std::size_t rows_at_a_glance = 20;

void grid(std::string& out, const std::vector<result>& results, bool remedy, unit u) {
    std::vector<std::vector<std::string>> rows;
    for (const result& r : results) {
        if ((r.what.way == layout::recreate) == remedy) {
            rows.push_back(row_of(r, remedy, u));
        }
    }
    if (rows.empty()) {
        return;
    }
    std::vector<std::string> heads{"layout", "malloc", "reclaim"};
    std::vector<std::size_t> first_of_step; // columns that open a step
    std::vector<std::string_view> steps;
    for (const step_columns& s : columns_of(remedy)) {
        first_of_step.push_back(heads.size());
        steps.push_back(s.step);
        for (const column& c : s.columns) {
            heads.emplace_back(c.head);
        }
    }
    first_of_step.push_back(heads.size());
    steps.emplace_back("");
    heads.emplace_back("s");

    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < heads.size(); ++i) {
        std::size_t width = std::max<std::size_t>(heads[i].size(), i < label_columns ? 0 : 4);
        for (const auto& row : rows) {
            if (row.size() == heads.size() || i < label_columns) {
                width = std::max(width, row[i].size());
            }
        }
        widths.push_back(width);
    }
    const auto separator = [&](std::size_t i) {
        const bool opens =
            std::find(first_of_step.begin(), first_of_step.end(), i) != first_of_step.end();
        return i == 0 ? "" : opens ? " | " : " ";
    };

    // The steps' names above their columns.
    std::string line;
    for (std::size_t i = 0; i < label_columns; ++i) {
        line += std::string(widths[i] + (i == 0 ? 0 : 1), ' ');
    }
    for (std::size_t s = 0; s < steps.size(); ++s) {
        const std::size_t end = s + 1 < steps.size() ? first_of_step[s + 1] : heads.size();
        std::size_t width = end - first_of_step[s] - 1;
        for (std::size_t i = first_of_step[s]; i < end; ++i) {
            width += widths[i];
        }
        line += fmt::format(" | {:<{}}", steps[s], width);
    }
    const auto add = [&out](std::string& text) {
        text.erase(text.find_last_not_of(' ') + 1);
        out += text + '\n';
        text.clear();
    };
    add(line);
    const auto put = [&](const std::vector<std::string>& row) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += i < label_columns || row.size() != heads.size()
                        ? fmt::format("{}{:<{}}", separator(i), row[i], widths[i])
                        : fmt::format("{}{:>{}}", separator(i), row[i], widths[i]);
        }
        add(line);
    };
    put(heads);
    const bool apart = rows.size() > rows_at_a_glance;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (apart && i > 0 && rows[i].front() != rows[i - 1].front()) {
            out += '\n';
        }
        put(rows[i]);
    }
    out += '\n';
}

// The row that tells where a layout's bytes are: go's or pages', which know all of them, where it
// was run.
const result* explained(const std::vector<result>& results, layout l) {
    const result* best = nullptr;
    for (const result& r : results) {
        const bool told = !r.runs.empty() && find(r.runs.front(), "full") != nullptr &&
                          find(r.runs.front(), "full")->held;
        if (r.what.way == l && told && (best == nullptr || !on_a_malloc(r.what))) {
            best = &r;
        }
    }
    return best;
}

std::string title(const std::vector<result>& results, unit u) {
    std::set<std::size_t> sizes;
    bool other_for_spill = false;
    for (const result& r : results) {
        sizes.insert(r.what.value_bytes);
        other_for_spill |= r.what.way == layout::spill;
    }
    const std::uint64_t count = results.front().what.count;
    std::string text = fmt::format("map[int64], {} {}, values of {} bytes",
                                   figure(static_cast<std::int64_t>(count), unit::bytes),
                                   count == 1 ? "entry" : "entries", *sizes.begin());
    if (sizes.size() > 1 && other_for_spill) {
        text += fmt::format(" (spill: {})", *sizes.rbegin());
    }
    return text + (u == unit::bytes ? "; bytes\n\n" : "; MB of 1,048,576 bytes, cut off\n\n");
}

constexpr std::string_view notes =
    "heap = live + dead: live is what the map holds (with the allocator's rounding), dead what it "
    "has let go\nand nobody may reuse yet. peak: the highest that heap ever stood. rss: the "
    "process's anonymous memory\nby the kernel's count, less what it was before the map. full: "
    "nothing forced; gone: every entry deleted,\nthen one collection, and rss after a second of "
    "rest. at-once frees what dies, as C++ does. s: seconds\nfor all steps but that.\n";

} // namespace

std::string figure(std::optional<std::int64_t> bytes, unit u) {
    if (!bytes) {
        return "-";
    }
    if (u == unit::megabytes) {
        return std::to_string(*bytes / (std::int64_t{1} << 20));
    }
    const std::string digits = std::to_string(*bytes);
    const std::size_t sign = *bytes < 0 ? 1 : 0;
    std::string text;
    for (std::size_t at = 0; at < digits.size(); ++at) {
        if (at > sign && (digits.size() - at) % 3 == 0) {
            text.push_back(',');
        }
        text.push_back(digits[at]);
    }
    return text;
}

std::string parts_line(const result& r, const record& at) {
    const parts& p = at.held.value();
    const auto shown = [](std::uint64_t bytes) {
        return figure(static_cast<std::int64_t>(bytes), unit::bytes);
    };
    std::string line = fmt::format("{}, {}: {} bytes = payload {}", name_of(r.what.way), r.label,
                                   shown(at.heap()), shown(p.payload));
    const bool go = family_of(r.what.way) == family::go;
    const bool own = family_of(r.what.way) == family::own;
    const auto add = [&](std::string_view name, std::uint64_t bytes, bool always) {
        if (always || bytes != 0) {
            line += fmt::format(" + {} {}", name, shown(bytes));
        }
    };
    add("pointers", p.pointers, false);
    add("table", p.table, !go && !own);
    add("empty slots", p.empty_slots, go || own);
    add(own ? "tags" : "tophash", p.tophash, go || own);
    add(own ? "numbers" : "overflow", p.overflow, go);
    add("moved buckets", p.moved, false);
    add(own ? "directory" : "header", p.header, go || own);
    add("rounding", p.rounding, true);
    add("dead", p.dead, true);
    line += p.allocator ? fmt::format("; allocator {} more", shown(*p.allocator))
                        : std::string("; allocator: can't tell");
    return line + '\n';
}

std::string table(const std::vector<result>& results, unit u) {
    if (results.empty()) {
        return {};
    }
    std::string out = title(results, u);
    grid(out, results, false, u);
    grid(out, results, true, u);
    for (const result& r : results) {
        if (r.runs.size() > 1) {
            out += spread_line(r, r.what.way == layout::recreate, u);
        }
    }
    if (out.back() != '\n' || out[out.size() - 2] != '\n') {
        out += '\n';
    }
    std::string where;
    for (const layout l : all_layouts) {
        if (const result* const r = explained(results, l)) {
            where += parts_line(*r, *find(r->runs.front(), "full"));
        }
    }
    if (!where.empty()) {
        out += "where the bytes are at full:\n" + where + '\n';
    }
    out += notes;
    bool spills = false;
    bool pages = false;
    bool real_go = false;
    for (const result& r : results) {
        spills |= r.what.value_bytes > most_inline_bytes &&
                  (r.what.way == layout::in_buckets || r.what.way == layout::recreate);
        pages |= r.what.malloc == pages_malloc;
        real_go |= r.label != r.what.malloc;
    }
    if (spills) {
        out += "Values over 128 bytes leave the buckets by themselves, as in Go: inline and "
               "recreate rows hold them outside.\n";
    }
    if (pages) {
        out += "pages: no malloc, but pages of the map's own.\n";
    }
    if (real_go) {
        out += "Real Go counts live and dead together and keeps no peak; its rss is the whole "
               "runtime's growth.\n";
    }
    return out;
}

} // namespace ebb::bench
