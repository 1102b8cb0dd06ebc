#include <ebb/bench/report/json_object.h>
#include <ebb/bench/report/run.h>

namespace ebb::bench {
namespace {

json_object process_object(const witnessed& process, bool first) {
    json_object o;
    o["pid"] = process.pid;
    o["parent"] = process.parent;
    o["program"] = process.program;
    o["first"] = first;
    o["malloc"] = text_or_null(process.malloc);
    o["answers"] = process.verdict.empty();
    o["ended"] = process.ended;
    o["resident"] = value_or_null(process.resident);
    o["peak_resident"] = value_or_null(process.peak_resident);
    for (std::size_t i = 0; i < ledger_terms; ++i) {
        o[std::string(ledger_names[i])] = value_or_null(process.ledger[i]);
    }
    return o;
}

} // namespace

std::string run_json(const chosen_malloc& malloc, const task& what, const run_record& run) {
    json_object o;
    o["malloc"] = malloc.name;
    o["library"] = malloc.library;
    o["command"] = what.words;
    o["status"] = run.how.signal == 0 ? json_object(run.how.status) : json_object(nullptr);
    o["signal"] = run.how.signal == 0 ? json_object(nullptr) : json_object(run.how.signal);
    o["seconds"] = run.how.seconds;
    o["user_seconds"] = run.how.user_seconds;
    o["system_seconds"] = run.how.system_seconds;
    o["processes"] = json_object::array();
    for (const witnessed& process : run.processes) {
        o["processes"].push_back(process_object(process, &process == run.first()));
    }
    return line_of(o);
}

} // namespace ebb::bench
