#include <ebb/bench/report/grid.h>
#include <ebb/bench/report/json_object.h>
#include <ebb/bench/report/spike.h>
#include <ebb/bench/report/text.h>

#include <fmt/format.h>

#include <algorithm>

namespace ebb::bench {
namespace {

const spike_sample* sample_at(const spike_row& r, std::uint64_t minute) {
    for (const spike_sample& s : r.samples) {
        if (s.minute == minute) {
            return &s;
        }
    }
    return nullptr;
}

std::string megabytes(std::optional<std::int64_t> bytes) {
    return figure(bytes, unit::megabytes);
}

double in_megabytes(double bytes) {
    return bytes / (1 << 20);
}

} // namespace

std::string spike_table(const std::vector<spike_row>& rows) {
    std::vector<grid_column> columns{{"layout", side::left}, {"malloc", side::left}};
    for (const char* const when : {"peak", "+1h", "+6h", "+1d"}) {
        columns.push_back({std::string(when) + " live", side::right});
        columns.push_back({"rss", side::right});
    }
    columns.push_back({"slowest, ms", side::right});
    columns.push_back({"s", side::right});
    std::vector<std::vector<std::string>> lines;
    std::string missing;
    for (const spike_row& r : rows) {
        if (!r.missing.empty()) {
            missing += fmt::format("{}: {}\n", name_of(r), r.missing);
            continue;
        }
        std::vector<std::string> line{std::string(name_of(r.what.way)), r.what.malloc};
        const std::uint64_t end = peak_end_hour(r.what.load) * 60;
        for (const std::uint64_t after :
             {std::uint64_t{0}, std::uint64_t{60}, std::uint64_t{360}, minutes_a_day}) {
            const spike_sample* const s = sample_at(r, end + after);
            line.push_back(s == nullptr ? "-" : megabytes(static_cast<std::int64_t>(s->live)));
            line.push_back(s == nullptr ? "-" : megabytes(s->resident));
        }
        double worst = 0;
        for (const spike_sample& s : r.samples) {
            worst = std::max(worst, s.worst_us);
        }
        line.push_back(fmt::format("{:.2f}", worst / 1000));
        line.push_back(r.samples.empty() ? "-" : fmt::format("{:.1f}", r.samples.back().seconds));
        lines.push_back(std::move(line));
    }
    const spike_load& l = rows.front().what.load;
    std::uint64_t entries = 0;
    for (const spike_row& r : rows) {
        for (const spike_sample& s : r.samples) {
            entries = std::max(entries, s.entries);
        }
    }
    return fmt::format("customers of the last hour and the 1,000 latest, values of {} bytes, {} "
                       "days, {} new ones in the peak hour:\nat most {} entries of {} MB; MB of "
                       "1,048,576 bytes, cut off\n\n",
                       l.value_bytes, l.days,
                       figure(static_cast<std::int64_t>(l.peak), unit::bytes),
                       figure(static_cast<std::int64_t>(entries), unit::bytes),
                       (entries * (8 + l.value_bytes)) >> 20) +
           grid(columns, lines) + missing;
}

std::string spike_json(const spike_row& row) {
    std::string out;
    for (const spike_sample& s : row.samples) {
        json_object o;
        o["layout"] = name_of(row.what.way);
        o["malloc"] = row.what.malloc;
        o["minute"] = s.minute;
        o["entries"] = s.entries;
        o["floor"] = s.floor;
        o["live"] = s.live;
        o["dead"] = value_or_null(s.dead);
        o["resident"] = value_or_null(s.resident);
        o["worst_us"] = s.worst_us;
        o["ns"] = s.ns;
        o["seconds"] = s.seconds;
        out += line_of(o);
    }
    return out;
}

plot spike_plot(const std::vector<spike_row>& rows) {
    std::string malloc;
    for (const spike_row& r : rows) {
        const bool measured = !r.samples.empty() && r.what.way != spike_layout::hash_map;
        if (measured && (malloc.empty() || r.what.malloc == "glibc")) {
            malloc = r.what.malloc;
        }
    }
    plot p;
    const spike_load& l = rows.front().what.load;
    p.title = "Black Friday: what a cache holds after its peak";
    p.subtitle = fmt::format("customers of the last hour and the 1,000 latest, {}-byte values; {} "
                             "new ones in the peak hour{}",
                             l.value_bytes, figure(static_cast<std::int64_t>(l.peak), unit::bytes),
                             malloc.empty() ? "" : "; go_map on " + malloc);
    p.x_title = "hours, simulated";
    p.x_most = static_cast<double>(l.days) * 24;
    p.x_step = l.days <= 4 ? 6 : 24;
    p.panels = {{"Live: what the maps hold, MB", false, {}, false},
                {"Resident: the kernel's word, MB", false, {}, false},
                {"Slowest operation of each hour", true, {}, true}};
    bool floor = false;
    for (const spike_row& r : rows) {
        const bool own = r.what.way == spike_layout::hash_map;
        if (r.samples.empty() || (!own && r.what.malloc != malloc)) {
            continue;
        }
        plot_line line;
        line.label = own ? "hash_map"
                     : r.what.way == spike_layout::recreate
                         ? "go_map, recreated"
                         : "go_map, " + std::string(name_of(r.what.way));
        line.color = static_cast<unsigned>(r.what.way) + 1;
        plot_line least{"keys and values", 0, true, {}};
        std::array<plot_line, 3> all{line, line, line};
        double worst = 0; // of the hour: a sample is too short a time to compare by eye
        for (const spike_sample& s : r.samples) {
            const double hour = static_cast<double>(s.minute) / 60;
            least.points.push_back({hour, in_megabytes(static_cast<double>(s.floor))});
            all[0].points.push_back({hour, in_megabytes(static_cast<double>(s.live))});
            if (s.resident) {
                all[1].points.push_back({hour, in_megabytes(static_cast<double>(
                                                   std::max<std::int64_t>(0, *s.resident)))});
            }
            worst = std::max(worst, s.worst_us);
            if (s.minute % 60 == 0) {
                all[2].points.push_back({hour, worst});
                worst = 0;
            }
        }
        for (std::size_t i = 0; i < 3; ++i) {
            if (!floor && i < 2) {
                p.panels[i].lines.push_back(least);
            }
            p.panels[i].lines.push_back(std::move(all[i]));
        }
        floor = true;
    }
    return p;
}

} // namespace ebb::bench
