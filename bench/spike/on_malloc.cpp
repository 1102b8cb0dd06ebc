#include <ebb/alloc/arena/malloc_arena.h>
#include <ebb/bench/spike/scenario.h>

namespace ebb::bench {

void run_spike_on_malloc(const spike_cell& c, const spike_sink& sink) {
    run_go_spike<malloc_arena>(c, sink);
}

} // namespace ebb::bench
