#include <ebb/alloc/arena/malloc_arena.h>
#include <ebb/bench/maps/arenas.h>
#include <ebb/bench/maps/scenario.h>

namespace ebb::bench {

void run_at_once(const cell& c, const record_sink& sink) {
    run_scenario<malloc_arena, false>(c, sink);
}

} // namespace ebb::bench
