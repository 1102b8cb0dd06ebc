#include <ebb/alloc/arena/malloc_arena.h>
#include <ebb/bench/maps/arenas.h>
#include <ebb/bench/maps/own_layouts.h>

namespace ebb::bench {

void run_on_malloc(const cell& c, const record_sink& sink) {
    run_own_layouts<malloc_arena, over_arena<malloc_arena, false>>(c, sink);
}

} // namespace ebb::bench
