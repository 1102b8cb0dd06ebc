// Lines over time as an SVG of its own: panels one above the other with one time axis.
//
// Readable in light and dark (it asks the viewer, prefers-color-scheme); generic fonts; labels
// stand at the ends of their lines, moved apart where they would overlap.
#pragma once

#include <string>
#include <vector>

namespace ebb::bench {

struct plot_point {
    double x;
    double y;
};

struct plot_line {
    std::string label;
    unsigned color = 0; ///< 0 to 4; 0 is the grey of what is only a yardstick
    bool dashed = false;
    std::vector<plot_point> points;
};

struct plot_panel {
    std::string title; ///< with the unit
    bool logarithmic = false;
    std::vector<plot_line> lines;
    bool times = false; ///< microseconds: the axis says ns, µs, ms, s
};

struct plot {
    std::string title;
    std::string subtitle;
    std::string x_title;
    double x_most = 0; ///< the axis goes from 0 to here
    double x_step = 0; ///< between ticks
    std::vector<plot_panel> panels;
};

[[nodiscard]] std::string svg(const plot& p);

} // namespace ebb::bench
