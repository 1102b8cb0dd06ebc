// ebb-cell-LAYOUT: as ebb-cell, for one map of others, EBB_LAYOUT: the header EBB_MAP has it as
// peers::map_over.
#include <ebb/alloc/arena/malloc_arena.h>
#include <ebb/alloc/arena/std_allocator.h>
#include <ebb/bench/maps/cell_program.h>
#include <ebb/bench/maps/scenario.h>
#include EBB_MAP

namespace {

using namespace ebb::bench; // NOLINT: a program's own file

template <class T>
using counted = ebb::arena_allocator<T, ebb::malloc_arena>;

bool runs(const cell& c) {
    return name_of(c.way) == EBB_LAYOUT && on_a_malloc(c) && c.when == reclaim::at_once;
}

void measure(const cell& c, const record_sink& sink) {
    with_size_of_values(c, [&]<class N>(N) {
        using map = peers::map_over<std::int64_t, std::array<std::byte, N::value>, counted>;
        fill_and_empty<N::value, map, over_arena<ebb::malloc_arena, false>>(c.count, sink);
    });
}

} // namespace

int main(int argc, char** argv) {
    keep_stdio_off_the_malloc();
    return cell_main(argc, argv, runs, measure);
}
