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
// Where pages that were given back are wanted again within as many operations as the map has nodes,
// a sixth of the nodes' bytes: until nothing that wouldn't have waited otherwise has been wanted
// for as many operations. A map has no clock and no thread: operations are its time, and one that
// rests keeps what it has.
#pragma once

#include <ebb/alloc/base/bytes.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace ebb::detail {

class node_stock {
  public:
    /// What waits otherwise, of `held` bytes, among nodes of so many.
    [[nodiscard]] static std::size_t usual(std::size_t node_bytes, std::size_t held) noexcept {
        return std::max({node_bytes / 32, held / 128, std::clamp(held / 8, least, 2 * least)});
    }
    /// What may wait after `now` operations, of `waiting` bytes, in a map of so many nodes.
    [[nodiscard]] std::size_t most(std::size_t waiting, std::size_t usual, std::size_t node_bytes,
                                   std::uint64_t now, std::uint64_t nodes) noexcept {
        high_ = std::max(high_, waiting);
        const bool eager = wanted_again_ != never && now - wanted_again_ <= nodes;
        return eager ? std::max(usual, node_bytes / 6) : usual;
    }

    /// Pages were given back, and `waiting` bytes are left.
    void given_back(std::size_t waiting, std::uint64_t now) noexcept {
        given_back_ = now;
        high_ = waiting;
    }
    /// A page is wanted, and none waits there.
    void missed(std::uint64_t now, std::uint64_t nodes) noexcept {
        if (given_back_ != never && now - given_back_ <= nodes) {
            wanted_again_ = now;
        }
    }
    /// A page is wanted that waits, beside `waiting` bytes in all. So many fewer than waited before
    /// wouldn't have waited otherwise.
    template <class Usual>
    void served(std::size_t waiting, const Usual& usual, std::uint64_t now) noexcept {
        if (__builtin_expect(high_ > waiting + least, 0) && high_ > waiting + usual()) {
            wanted_again_ = now;
            high_ = waiting;
        }
    }

  private:
    static constexpr std::size_t least = 128 * kib;
    static constexpr std::uint64_t never = ~std::uint64_t{0};

    std::uint64_t given_back_ = never; // when a page was, last
    std::uint64_t wanted_again_ = never;
    std::size_t high_ = 0; // waited since one was wanted again
};

} // namespace ebb::detail
