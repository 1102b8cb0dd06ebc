#include <ebb/bench/report/json_object.h>
#include <ebb/bench/report/text.h>

namespace ebb::bench {

std::string json_lines(const result& r, const std::vector<record>& run) {
    std::string lines;
    for (const record& at : run) {
        json_object object;
        object["layout"] = name_of(r.what.way);
        object["malloc"] = r.label;
        object["reclaim"] = name_of(r.what.when);
        object["step"] = at.step;
        object["count"] = r.what.count;
        object["requested"] = value_or_null(at.requested);
        object["slack"] = value_or_null(at.slack);
        object["dead"] = value_or_null(at.dead);
        object["idle"] = value_or_null(at.idle);
        object["overhead"] = value_or_null(at.overhead);
        object["mapped"] = value_or_null(at.mapped);
        object["peak"] = value_or_null(at.peak);
        object["resident"] = value_or_null(at.resident);
        object["seconds"] = at.seconds;
        lines += line_of(object);
    }
    return lines;
}

} // namespace ebb::bench
