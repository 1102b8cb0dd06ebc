// node_stock: how many bytes of pages without nodes wait in a map for new ones.
//
// A 32nd of the nodes' bytes, a 128th of what is held, and at least 128 KiB, in a map of 2 MiB 256.
// What is beyond that goes with all that waits, so that half of it waits in the mean. Where nodes
// lie thinly new ones find room among them, and pages that wait are of little use. System calls in
// 1,000,000 erases in random order (strace), and MB of a whole map with 1 % left:
//
//                                             16 bytes a node    136 bytes a node
//     this                                        66   15.4        310    37.0
//     a 32nd of what is held                      73   15.7        203    37.9
//     32 pages, given back one by one          3,720   15.3     31,600    38.4
//
// Pages empty at random: with 1 % left 24,000 of 33,200 are, in more than 6,000 runs. Where the
// kernel takes one range a call, the choice is between calls and bytes: 32,570 and 37.0 MB as here,
// 28,900 and 41.6 with an eighth of what is held waiting, 16,200 and 71.6 with a half, 510 and
// 136.6 with all. There, too, memory goes as here.
//
// More waits while what was given back is wanted again: swing.h.
#pragma once

#include <ebb/alloc/base/bytes.h>

#include <algorithm>
#include <cstddef>

namespace ebb::detail {

struct node_stock {
    static constexpr std::size_t least = 128 * kib;

    /// What waits otherwise, of `held` bytes, among nodes of so many.
    [[nodiscard]] static std::size_t usual(std::size_t node_bytes, std::size_t held) noexcept {
        return std::max({node_bytes / 32, held / 128, std::clamp(held / 8, least, 2 * least)});
    }
};

} // namespace ebb::detail
