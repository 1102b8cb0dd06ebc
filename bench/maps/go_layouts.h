// Go's map on an arena, with its values where each layout has them.
#pragma once

#include <ebb/bench/maps/scenario.h>
#include <ebb/maps/go_map.h>

#include <functional>

namespace ebb::bench {

template <class Arena, bool TellsIdle>
void run_go_layouts(const cell& c, const record_sink& sink) {
    with_size_of_values(c, [&]<class N>(N) {
        using memory = over_arena<Arena, TellsIdle>;
        using bytes = std::array<std::byte, N::value>;
        using in_buckets =
            go_map<std::int64_t, bytes, hash<std::int64_t>, std::equal_to<std::int64_t>, Arena>;
        using pointer = go_map<std::int64_t, boxed<bytes>, hash<std::int64_t>,
                               std::equal_to<std::int64_t>, Arena>;
        if (c.way == layout::pointer) {
            fill_and_empty<N::value, pointer, memory>(c.count, sink);
        } else if (c.way == layout::recreate) {
            copy_and_drop<N::value, in_buckets, memory>(c.count, sink);
        } else {
            fill_and_empty<N::value, in_buckets, memory>(c.count, sink);
        }
    });
}

} // namespace ebb::bench
