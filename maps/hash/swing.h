// swing: whether memory that a map gave back is wanted again, so that more of it waits the next
// time.
//
// A map has no clock and no thread: what it does is its time, and one that rests keeps what it has.
// As long as what was given back is wanted again within as many operations as the map has elements,
// a sixth of what is used waits: until nothing that wouldn't have waited otherwise has been wanted
// for as many operations.
//
// Whoever has it chooses the units: bytes, or chunks; operations, or chunks that came and went.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace ebb::detail {

class swing {
  public:
    /// What may wait at `now`, where `usual` does otherwise, `waiting` waits and `used` is used.
    /// `whole` is how long it takes to fill the map.
    [[nodiscard]] std::size_t most(std::size_t waiting, std::size_t usual, std::size_t used,
                                   std::uint64_t now, std::uint64_t whole) noexcept {
        high_ = std::max(high_, waiting);
        return is_on(now, whole) ? std::max(usual, used / 6) : usual;
    }
    [[nodiscard]] bool is_on(std::uint64_t now, std::uint64_t whole) const noexcept {
        return wanted_again_ != never && now - wanted_again_ <= whole;
    }

    /// Some was given back, and `waiting` is left.
    void given_back(std::size_t waiting, std::uint64_t now) noexcept {
        given_back_ = now;
        high_ = waiting;
    }
    /// Some is wanted, and none waits there.
    void missed(std::uint64_t now, std::uint64_t whole) noexcept {
        if (given_back_ != never && now - given_back_ <= whole) {
            wanted_again_ = now;
        }
    }
    /// Some is wanted that waits, beside `waiting` in all. So much less than waited before wouldn't
    /// have waited otherwise: more than `least`, and than `usual()`.
    template <class Usual>
    void served(std::size_t waiting, std::size_t least, const Usual& usual,
                std::uint64_t now) noexcept {
        if (__builtin_expect(high_ > waiting + least, 0) && high_ > waiting + usual()) {
            wanted_again_ = now;
            high_ = waiting;
        }
    }

  private:
    static constexpr std::uint64_t never = ~std::uint64_t{0};

    std::uint64_t given_back_ = never; // when some was, last
    std::uint64_t wanted_again_ = never;
    std::size_t high_ = 0; // waited since some was wanted again
};

} // namespace ebb::detail
