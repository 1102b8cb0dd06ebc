#include <ebb/alloc/arena/go_heap.h>
#include <ebb/bench/spike/scenario.h>

namespace ebb::bench {

void run_spike_on_go_heap(const spike_cell& c, const spike_sink& sink) {
    run_go_spike<go_heap>(c, sink);
}

} // namespace ebb::bench
