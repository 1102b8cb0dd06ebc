#include <ebb/alloc/arena/go_heap.h>
#include <ebb/bench/maps/arenas.h>
#include <ebb/bench/maps/go_layouts.h>

namespace ebb::bench {

void run_on_go_heap(const cell& c, const record_sink& sink) {
    run_go_layouts<go_heap, true>(c, sink);
}

} // namespace ebb::bench
