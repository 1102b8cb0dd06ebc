#include <ebb/bench/report/json_object.h>
#include <ebb/bench/report/median.h>
#include <ebb/bench/report/peers.h>

#include <algorithm>
#include <thread>
#include <utility>

namespace ebb::bench::peers {
namespace {

const char* unit_of(unit in) {
    return in == unit::ratio       ? "ratio"
           : in == unit::megabytes ? "bytes"
           : in == unit::count     ? "count"
                                   : "ns";
}

json_object cell_of(const std::vector<double>& runs) {
    json_object cell;
    cell["median"] = value_or_null(middle_of(runs));
    cell["deviation"] = value_or_null(deviation_of(runs));
    cell["least"] = *std::min_element(runs.begin(), runs.end());
    cell["most"] = *std::max_element(runs.begin(), runs.end());
    cell["runs"] = runs;
    return cell;
}

json_object column_of(const map_result& r, const block& b, const column& c) {
    json_object one;
    one["column"] = c.key;
    one["table"] = c.table;
    one["unit"] = unit_of(c.in);
    one["cells"] = json_object::object();
    for (const map_subject& m : r.maps) {
        const std::vector<double>* runs = nullptr;
        if (const auto in_block = r.values.find(b); in_block != r.values.end()) {
            if (const auto in_column = in_block->second.find(c.key);
                in_column != in_block->second.end() && in_column->second.contains(m.name)) {
                runs = &in_column->second.at(m.name);
            }
        }
        one["cells"][m.name] = runs == nullptr ? json_object(nullptr) : cell_of(*runs);
    }
    return one;
}

json_object comparison_of(const map_result& r, const block& b) {
    json_object all = json_object::object();
    for (const map_subject& m : r.maps) {
        if (const auto c = compare_beside(r, b, m.name)) {
            all[m.name] = {{"mean", c->mean},
                           {"mean_of_least", c->mean_of_least},
                           {"worst", c->worst},
                           {"worst_column", c->worst_column},
                           {"erase", value_or_null(c->erase)}};
        }
    }
    return all;
}

} // namespace

std::string maps_json(const map_result& r) {
    json_object report;
    report["cores"] = std::thread::hardware_concurrency();
    report["rounds"] = r.rounds;
    report["quick"] = r.quick;
    report["maps"] = json_object::array();
    for (const map_subject& m : r.maps) {
        json_object one;
        one["name"] = m.name;
        one["label"] = text_or_null(m.label);
        one["version"] = text_or_null(m.version);
        one["missing"] = text_or_null(m.missing);
        report["maps"].push_back(std::move(one));
    }
    report["beside"] = r.beside;
    report["blocks"] = json_object::array();
    for (const block& b : r.plan.blocks) {
        json_object one;
        one["keys"] = key_kind_names[static_cast<std::size_t>(b.kind)];
        one["count"] = b.count;
        one["value_bytes"] = b.value_bytes;
        one["columns"] = json_object::array();
        for (const column& c : r.plan.wanted) {
            if (r.plan.has(b, c)) {
                one["columns"].push_back(column_of(r, b, c));
            }
        }
        one["over_the_better"] = comparison_of(r, b);
        report["blocks"].push_back(std::move(one));
    }
    report["notes"] = r.plan.notes;
    report["failures"] = r.failures;
    return report.dump(1, ' ', false, json_object::error_handler_t::replace) + '\n';
}

} // namespace ebb::bench::peers
