#include <ebb/alloc/arena/page_memory.h>
#include <ebb/bench/maps/arenas.h>
#include <ebb/bench/maps/own_layouts.h>

namespace ebb::bench {

void run_on_pages(const cell& c, const record_sink& sink) {
    run_own_layouts<page_memory, of_its_own>(c, sink);
}

} // namespace ebb::bench
