// crowd: the index of a segment of more elements than cells can number.
//
// A hash spreads elements so evenly that no segment comes near to that, unless thousands of them
// have equal hashes. Then tags tell nothing, and what is left is a chain, as std::unordered_map has
// one: chains of the array's elements, by their numbers, in both directions, so that whoever has an
// element takes it out without a walk. New elements come first, so that a walk goes down the
// array.
//
// Its segment has no groups. What lies where the first would be is one cell that matches no tag,
// and that everything has passed by: a look-up reads it as any other and finds the way here without
// a test of its own, and an insert finds the segment full.
//
//     +----------------+------+-------+------------------+------------------+
//     | chunks 2, 1, 0 | cell | crowd | firsts of chains | next, previous   |   one block
//     +----------------+------+-------+------------------+------------------+
//      8 bytes each     64     64      4 bytes each       8 bytes a number
//
// Costs: 10 bytes for each element that it has room for, or 18 where half of the numbers are left
// out (segment.h). One more or fewer is O(1), a look-up a
// comparison with each element of its chain.
#pragma once

#include <ebb/alloc/base/check.h>
#include <ebb/maps/hash/segment.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace ebb::detail {

class alignas(64) crowd {
  public:
    static constexpr std::uint32_t none = ~std::uint32_t{0};
    /// What previous says of a chain's first: the chain's number is in the other bits.
    static constexpr std::uint32_t is_first = std::uint32_t{1} << 31;
    /// Of numbers.
    static constexpr std::uint32_t most = is_first - 1;

    /// Room for so many elements, whose numbers are below `numbers`, and half as many chains.
    crowd(std::uint32_t room, std::uint32_t numbers) noexcept
        : room_(room), numbers_(numbers), chains_(chains_for(room)) {
        for (std::uint32_t chain = 0; chain < chains_; ++chain) {
            std::construct_at(firsts() + chain, none);
        }
    }
    [[nodiscard]] static std::size_t bytes(std::uint32_t room, std::uint32_t numbers) noexcept {
        return sizeof(crowd) + chains_for(room) * sizeof(std::uint32_t) +
               std::size_t{numbers} * sizeof(link);
    }

    [[nodiscard]] std::uint32_t room() const noexcept { return room_; }

    /// The first element of the chain of this hash, and the one after that of number n; or `none`.
    [[nodiscard]] std::uint32_t first(std::uint64_t hash) const noexcept {
        return firsts()[chain_of(hash)];
    }
    [[nodiscard]] std::uint32_t next(std::uint32_t n) const noexcept { return links()[n].next; }

    /// An element comes in.
    void add(std::uint32_t n, std::uint64_t hash) noexcept {
        const std::uint32_t chain = chain_of(hash);
        std::uint32_t& first = firsts()[chain];
        if (first != none) {
            links()[first].previous = n;
        }
        std::construct_at(links() + n, link{first, chain | is_first});
        first = n;
    }
    void remove(std::uint32_t n) noexcept {
        const link of = links()[n];
        if (of.next != none) {
            links()[of.next].previous = of.previous;
        }
        to(of.previous) = of.next;
    }
    /// The element of number n is that of m. Requires: m is nobody's.
    void renumber(std::uint32_t n, std::uint32_t m) noexcept {
        const link of = links()[n];
        std::construct_at(links() + m, of);
        if (of.next != none) {
            links()[of.next].previous = m;
        }
        to(of.previous) = m;
    }

    /// f(n, whether it is in the chain of the hash that it is given) for each element.
    template <class F>
    void validate(const F& f) const {
        for (std::uint32_t chain = 0; chain < chains_; ++chain) {
            std::uint32_t before = chain | is_first;
            for (std::uint32_t n = firsts()[chain]; n != none; n = next(n)) {
                EBB_CHECK(n < numbers_ && links()[n].previous == before, "hash_map: a torn chain");
                f(n, [&](std::uint64_t hash) { return chain_of(hash) == chain; });
                before = n;
            }
        }
    }

  private:
    struct link {
        std::uint32_t next;
        std::uint32_t previous;
    };

    [[nodiscard]] static std::uint32_t chains_for(std::uint32_t room) noexcept {
        return (room / 2 + 2) & ~std::uint32_t{1}; // even: links are aligned after them
    }
    [[nodiscard]] std::uint32_t chain_of(std::uint64_t hash) const noexcept {
        return home_group(hash, chains_);
    }
    [[nodiscard]] std::uint32_t* firsts() const noexcept {
        return reinterpret_cast<std::uint32_t*>(const_cast<crowd*>(this) + 1);
    }
    [[nodiscard]] link* links() const noexcept {
        return reinterpret_cast<link*>(firsts() + chains_);
    }
    // What leads to an element whose link says `previous`.
    [[nodiscard]] std::uint32_t& to(std::uint32_t previous) noexcept {
        return (previous & is_first) != 0 ? firsts()[previous & ~is_first] : links()[previous].next;
    }

    std::uint32_t room_;
    std::uint32_t numbers_;
    std::uint32_t chains_;
};

} // namespace ebb::detail
