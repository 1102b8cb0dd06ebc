#include <ebb/bench/report/plot.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ebb::bench {
namespace {

constexpr double width = 960;
constexpr double left = 76;
constexpr double right = 800;
constexpr double head = 74;
constexpr double panel_height = 200;
constexpr double between = 52;
constexpr double label_height = 16;

std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
    }
    return out;
}

// Never with an exponent.
std::string number_text(double v) {
    return v == std::floor(v) ? fmt::format("{:.0f}", v) : fmt::format("{:g}", v);
}

// A tick's microseconds in the unit that one says them in.
std::string time_text(double us) {
    return us >= 1e6   ? number_text(us / 1e6) + " s"
           : us >= 1e3 ? number_text(us / 1e3) + " ms"
           : us >= 1   ? number_text(us) + " µs"
                       : number_text(us * 1e3) + " ns";
}

// 1, 2 or 5 times a power of ten: five or so steps up to `most`.
double step_for(double most) {
    const double power = std::pow(10, std::floor(std::log10(most / 5)));
    for (const double factor : {1., 2., 5.}) {
        if (most / (power * factor) <= 5.5) {
            return power * factor;
        }
    }
    return power * 10;
}

// From a panel's figures to where they stand.
struct scale {
    double low = 0;
    double high = 1;
    double top = 0;
    bool logarithmic = false;
    double step = 1;

    [[nodiscard]] double y(double v) const {
        const double part = logarithmic ? (std::log10(std::max(v, low)) - std::log10(low)) /
                                              (std::log10(high) - std::log10(low))
                                        : v / high;
        return top + panel_height * (1 - std::clamp(part, 0., 1.));
    }
    [[nodiscard]] std::vector<double> ticks() const {
        std::vector<double> all;
        for (double v = logarithmic ? low : 0; v <= high * 1.0001;
             logarithmic ? v *= 10 : v += step) {
            all.push_back(v);
        }
        return all;
    }
};

scale scale_of(const plot_panel& p, double top) {
    scale s;
    s.top = top;
    s.logarithmic = p.logarithmic;
    double most = 0;
    double least = HUGE_VAL;
    for (const plot_line& l : p.lines) {
        for (const plot_point& at : l.points) {
            most = std::max(most, at.y);
            least = at.y > 0 ? std::min(least, at.y) : least;
        }
    }
    most = most > 0 ? most : 1;
    least = std::min(least, most);
    if (p.logarithmic) {
        s.low = std::pow(10, std::floor(std::log10(least)));
        s.high = std::max(s.low * 10, std::pow(10, std::ceil(std::log10(most))));
    } else {
        s.step = step_for(most);
        s.high = s.step * std::ceil(most / s.step);
    }
    return s;
}

// Each label beside its line's end, none nearer to the next than its height.
std::vector<double> label_places(const plot_panel& p, const scale& s) {
    std::vector<std::pair<double, std::size_t>> wanted;
    for (std::size_t i = 0; i < p.lines.size(); ++i) {
        if (!p.lines[i].points.empty()) {
            wanted.emplace_back(s.y(p.lines[i].points.back().y), i);
        }
    }
    std::sort(wanted.begin(), wanted.end());
    double limit = s.top + panel_height;
    for (auto at = wanted.rbegin(); at != wanted.rend(); ++at) {
        at->first = std::min(at->first, limit);
        limit = at->first - label_height;
    }
    std::vector<double> places(p.lines.size());
    for (const auto& [y, i] : wanted) {
        places[i] = y;
    }
    return places;
}

std::string panel(const plot& whole, const plot_panel& p, double top) {
    const scale s = scale_of(p, top);
    const auto x = [&](double v) { return left + (right - left) * v / whole.x_most; };
    std::string out = fmt::format("<text x=\"{}\" y=\"{}\" class=\"head\">{}</text>\n", left,
                                  top - 12, escaped(p.title));
    for (const double v : s.ticks()) {
        out += fmt::format("<path class=\"grid\" d=\"M{0} {1:.1f}H{2}\"/><text x=\"{3}\" "
                           "y=\"{4:.1f}\" class=\"end\">{5}</text>\n",
                           left, s.y(v), right, left - 8, s.y(v) + 4,
                           p.times ? time_text(v) : number_text(v));
    }
    const auto ticks = static_cast<int>(whole.x_most * 1.0001 / whole.x_step);
    for (int i = 0; i <= ticks; ++i) {
        const double v = i * whole.x_step;
        out += fmt::format("<path class=\"grid\" d=\"M{0:.1f} {1}V{2}\"/><text x=\"{0:.1f}\" "
                           "y=\"{3}\" class=\"middle\">{4:g}</text>\n",
                           x(v), top, top + panel_height, top + panel_height + 16, v);
    }
    const std::vector<double> places = label_places(p, s);
    for (std::size_t i = 0; i < p.lines.size(); ++i) {
        const plot_line& l = p.lines[i];
        if (l.points.empty()) {
            continue;
        }
        std::string points;
        for (const plot_point& at : l.points) {
            points += fmt::format("{:.1f},{:.1f} ", x(at.x), s.y(at.y));
        }
        points.pop_back();
        out += fmt::format("<polyline class=\"line c{}{}\" points=\"{}\"/>\n", l.color,
                           l.dashed ? " dashed" : "", points);
        out += fmt::format("<path class=\"line c{0}{1}\" d=\"M{2} {3:.1f}h16\"/><text x=\"{4}\" "
                           "y=\"{5:.1f}\">{6}</text>\n",
                           l.color, l.dashed ? " dashed" : "", right + 8, places[i], right + 30,
                           places[i] + 4, escaped(l.label));
    }
    return out;
}

} // namespace

std::string svg(const plot& p) {
    const double height =
        head + static_cast<double>(p.panels.size()) * (panel_height + between) + 8;
    std::string out = fmt::format(
        R"(<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{1}" viewBox="0 0 {0} {1}" font-family="sans-serif" font-size="12">
<title>{2}</title>
<style>
.paper {{ fill: #ffffff }} text {{ fill: #24292f }} .grid {{ stroke: #d8dee4; fill: none }}
.line {{ fill: none; stroke-width: 2; stroke-linejoin: round }} .dashed {{ stroke-dasharray: 4 3 }}
.c0 {{ stroke: #6e7781 }} .c1 {{ stroke: #cf222e }} .c2 {{ stroke: #bc6c00 }} .c3 {{ stroke: #8250df }} .c4 {{ stroke: #0969da }}
.title {{ font-size: 18px; font-weight: bold }} .head {{ font-size: 13px; font-weight: bold }}
.end {{ text-anchor: end }} .middle {{ text-anchor: middle }}
@media (prefers-color-scheme: dark) {{
.paper {{ fill: #0d1117 }} text {{ fill: #e6edf3 }} .grid {{ stroke: #30363d }}
.c0 {{ stroke: #8b949e }} .c1 {{ stroke: #ff7b72 }} .c2 {{ stroke: #e3a33c }} .c3 {{ stroke: #c49bff }} .c4 {{ stroke: #58a6ff }}
}}
</style>
<rect class="paper" width="{0}" height="{1}"/>
<text x="{3}" y="28" class="title">{2}</text>
<text x="{3}" y="46">{4}</text>
)",
        width, height, escaped(p.title), left - 60, escaped(p.subtitle));
    double top = head + 12;
    for (const plot_panel& one : p.panels) {
        out += panel(p, one, top);
        top += panel_height + between;
    }
    out += fmt::format("<text x=\"{}\" y=\"{}\">{}</text>\n</svg>\n", right + 20,
                       top - between + 16, escaped(p.x_title));
    return out;
}

} // namespace ebb::bench
