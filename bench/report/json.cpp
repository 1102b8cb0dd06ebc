#include <ebb/bench/report/text.h>

#include <nlohmann/json.hpp>

namespace ebb::bench {
namespace {

template <class T>
nlohmann::ordered_json value(const std::optional<T>& v) {
    return v ? nlohmann::ordered_json(*v) : nlohmann::ordered_json(nullptr);
}

} // namespace

std::string json_lines(const result& r, const std::vector<record>& run) {
    std::string lines;
    for (const record& at : run) {
        nlohmann::ordered_json object;
        object["layout"] = name_of(r.what.way);
        object["malloc"] = r.label;
        object["reclaim"] = name_of(r.what.when);
        object["step"] = at.step;
        object["count"] = r.what.count;
        object["requested"] = value(at.requested);
        object["slack"] = value(at.slack);
        object["dead"] = value(at.dead);
        object["idle"] = value(at.idle);
        object["overhead"] = value(at.overhead);
        object["mapped"] = value(at.mapped);
        object["peak"] = value(at.peak);
        object["resident"] = value(at.resident);
        object["seconds"] = at.seconds;
        lines += object.dump();
        lines += '\n';
    }
    return lines;
}

} // namespace ebb::bench
