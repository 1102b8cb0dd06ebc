// ebb-cell: one cell of the table in a process of its own. `ebb maps` starts it, with the cell's
// malloc preloaded, and reads its records from its standard output.
//
//     ebb-cell LAYOUT ...         cell_program.h: Go's layouts and ebb's own
//     ebb-cell spike ...          a cell of `ebb spike`: ../spike/cell.h
#include <ebb/bench/maps/arenas.h>
#include <ebb/bench/maps/cell_program.h>
#include <ebb/bench/spike/cell.h>

#include <string_view>

namespace {

using namespace ebb::bench; // NOLINT: a program's own file

bool runs(const cell& c) {
    switch (family_of(c.way)) {
    case family::go:
        return c.malloc != pages_malloc && (c.malloc != "go" || c.when == reclaim::collected);
    case family::own:
        return c.malloc != "go" && c.when == reclaim::at_once;
    default:
        return false;
    }
}

void measure(const cell& c, const record_sink& sink) {
    if (family_of(c.way) == family::own) {
        return (c.malloc == pages_malloc ? run_on_pages : run_on_malloc)(c, sink);
    }
    (c.malloc == "go"               ? run_on_go_heap
     : c.when == reclaim::collected ? run_collected
                                    : run_at_once)(c, sink);
}

} // namespace

int main(int argc, char** argv) {
    keep_stdio_off_the_malloc();
    if (argc > 1 && std::string_view(argv[1]) == "spike") {
        return spike_main(argc, argv);
    }
    return cell_main(argc, argv, runs, measure);
}
