#include <ebb/bench/maps/record.h>

#include <array>
#include <charconv>
#include <stdexcept>
#include <system_error>
#include <vector>

namespace ebb::bench {
namespace {

// Fields in a fixed order with tabs between them, `-` for what is absent. No library: the cell's
// process is kept as small as it can be.
template <class T>
void put(std::string& line, const std::optional<T>& value) {
    line += '\t';
    if (!value) {
        line += '-';
        return;
    }
    std::array<char, 64> text;
    const auto end = std::to_chars(text.data(), text.data() + text.size(), *value).ptr;
    line.append(text.data(), end);
}

template <class T>
void get(std::string_view field, std::optional<T>& value) {
    value.reset();
    if (field == "-") {
        return;
    }
    T number{};
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), number);
    if (error != std::errc() || end != field.data() + field.size()) {
        throw std::runtime_error("no number: " + std::string(field));
    }
    value = number;
}

// The parts' fields in the line's order.
template <class Parts, class F>
void each_part(Parts& p, F&& f) {
    f(p.payload);
    f(p.pointers);
    f(p.empty_slots);
    f(p.tophash);
    f(p.overflow);
    f(p.moved);
    f(p.header);
    f(p.rounding);
    f(p.dead);
    f(p.table);
}
constexpr std::size_t record_fields = 10;
constexpr std::size_t all_fields = record_fields + 11;

} // namespace

std::string to_line(const record& r) {
    std::string line = r.step;
    for (const auto& value : {r.requested, r.slack, r.dead, r.idle, r.overhead, r.mapped, r.peak}) {
        put(line, value);
    }
    put(line, r.resident);
    put(line, std::optional(r.seconds));
    if (r.held) {
        each_part(*r.held, [&line](std::uint64_t value) { put(line, std::optional(value)); });
        put(line, r.held->allocator);
    }
    return line;
}

record from_line(std::string_view line) {
    std::vector<std::string_view> fields;
    for (std::string_view rest = line;;) {
        const std::size_t tab = rest.find('\t');
        fields.push_back(rest.substr(0, tab));
        if (tab == std::string_view::npos) {
            break;
        }
        rest.remove_prefix(tab + 1);
    }
    if (fields.size() != record_fields && fields.size() != all_fields) {
        throw std::runtime_error("not a record: " + std::string(line));
    }
    record r;
    r.step = fields[0];
    std::size_t at = 1;
    for (auto* value :
         {&r.requested, &r.slack, &r.dead, &r.idle, &r.overhead, &r.mapped, &r.peak}) {
        get(fields[at++], *value);
    }
    get(fields[at++], r.resident);
    std::optional<double> seconds;
    get(fields[at++], seconds);
    r.seconds = seconds.value_or(0);
    if (fields.size() == all_fields) {
        parts p;
        each_part(p, [&](std::uint64_t& part) {
            std::optional<std::uint64_t> value;
            get(fields[at++], value);
            part = value.value_or(0);
        });
        get(fields[at++], p.allocator);
        r.held = p;
    }
    return r;
}

} // namespace ebb::bench
