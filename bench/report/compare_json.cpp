#include <ebb/bench/report/compare.h>
#include <ebb/bench/report/json_object.h>
#include <ebb/bench/report/median.h>

#include <cmath>

namespace ebb::bench {
namespace {

json_object measure_object(const contender& c, const measure& m,
                           const std::optional<difference>& d) {
    const std::vector<double> values = c.measured() ? c.values(m) : std::vector<double>();
    const auto all = spread_of(std::vector<std::optional<double>>(values.begin(), values.end()));
    const auto number = [&m](double v) {
        return m.bytes ? json_object(static_cast<std::uint64_t>(v)) : json_object(v);
    };
    json_object o;
    o["median"] = all ? number(all->median) : json_object(nullptr);
    o["least"] = all ? number(all->least) : json_object(nullptr);
    o["most"] = all ? number(all->most) : json_object(nullptr);
    o["values"] = json_object::array();
    for (const double v : values) {
        o["values"].push_back(number(v));
    }
    o["ratio"] = d && std::isfinite(d->ratio) ? json_object(d->ratio) : json_object(nullptr);
    o["p"] = d ? json_object(d->p) : json_object(nullptr);
    o["p_holm"] = d ? json_object(d->p_holm) : json_object(nullptr);
    o["significant"] = d ? json_object(d->significant()) : json_object(nullptr);
    return o;
}

} // namespace

std::string compare_json(const comparison& c, const task& what, std::size_t runs) {
    json_object o;
    o["command"] = what.words;
    o["runs"] = runs;
    o["reference"] =
        c.reference() == nullptr ? json_object(nullptr) : json_object(c.reference()->malloc.name);
    o["mallocs"] = json_object::array();
    std::vector<std::vector<std::optional<difference>>> found;
    for (const measure& m : measures) {
        found.push_back(differences(c, m));
    }
    for (std::size_t i = 0; i < c.all.size(); ++i) {
        const contender& each = c.all[i];
        json_object malloc;
        malloc["malloc"] = each.malloc.name;
        malloc["library"] = text_or_null(each.malloc.library);
        malloc["missing"] = text_or_null(each.missing);
        malloc["status"] = each.runs.empty() ? json_object(nullptr)
                                             : json_object(each.runs.back().how.exit_status());
        for (std::size_t m = 0; m < measures.size(); ++m) {
            malloc[std::string(measures[m].key)] = measure_object(each, measures[m], found[m][i]);
        }
        o["mallocs"].push_back(malloc);
    }
    return line_of(o);
}

} // namespace ebb::bench
