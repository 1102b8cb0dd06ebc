#include <ebb/alloc/arena/collected.h>
#include <ebb/alloc/arena/malloc_arena.h>
#include <ebb/bench/maps/arenas.h>
#include <ebb/bench/maps/go_layouts.h>

namespace ebb::bench {

void run_collected(const cell& c, const record_sink& sink) {
    run_go_layouts<collected<malloc_arena>, false>(c, sink);
}

} // namespace ebb::bench
