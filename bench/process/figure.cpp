#include <ebb/bench/process/figure.h>

#include <charconv>
#include <cmath>
#include <system_error>

namespace ebb::bench {

std::optional<figure_line> read_figure(std::string_view line) {
    const std::size_t tab = line.find('\t');
    if (tab == 0 || tab == std::string_view::npos) {
        return std::nullopt;
    }
    figure_line f;
    f.key = line.substr(0, tab);
    const std::string_view number = line.substr(tab + 1);
    const char* const end = number.data() + number.size();
    const auto [stop, error] = std::from_chars(number.data(), end, f.value);
    if (error != std::errc() || stop != end || !std::isfinite(f.value)) {
        return std::nullopt;
    }
    return f;
}

} // namespace ebb::bench
