// tags: the eight tophash bytes of a bucket, looked at together as one word.
//
// A tag says what its slot is: empty, and whether anything follows it in the chain; moved, and
// where to; or full, with eight bits of the key's hash. Values as in go1.19's runtime/map.go.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ebb::detail {

inline constexpr unsigned go_slots = 8;

/// Tags below `go_min_full`.
inline constexpr std::uint8_t go_empty_rest = 0; ///< empty, and so is all that follows in the chain
inline constexpr std::uint8_t go_empty_one = 1;
inline constexpr std::uint8_t go_moved_low = 2;  ///< moved to the new bucket of the same number
inline constexpr std::uint8_t go_moved_high = 3; ///< moved to the one in the upper half
inline constexpr std::uint8_t go_moved = 4;      ///< first tag of a bucket whose chain has moved
inline constexpr std::uint8_t go_min_full = 5;

/// The tag of a full slot for this hash: its top bits, out of the way of the values above.
[[nodiscard]] constexpr std::uint8_t go_tag(std::uint64_t hash) noexcept {
    const auto top = static_cast<std::uint8_t>(hash >> 56);
    return top < go_min_full ? static_cast<std::uint8_t>(top + go_min_full) : top;
}

/// Some of a bucket's slots: the high bit of a slot's byte is set where it belongs.
class slot_set {
  public:
    explicit constexpr slot_set(std::uint64_t bits) noexcept : bits_(bits) {}
    [[nodiscard]] constexpr bool any() const noexcept { return bits_ != 0; }
    [[nodiscard]] constexpr unsigned first() const noexcept {
        return static_cast<unsigned>(std::countr_zero(bits_)) / 8;
    }
    constexpr void drop_first() noexcept { bits_ &= bits_ - 1; }
    /// Drops the slots before `slot`.
    constexpr void drop_before(unsigned slot) noexcept {
        bits_ = slot >= go_slots ? 0 : bits_ >> (slot * 8) << (slot * 8);
    }

  private:
    std::uint64_t bits_;
};

/// The eight tags of one bucket, slot 0 in the lowest byte.
class tag_word {
  public:
    explicit tag_word(const std::byte* bucket) noexcept {
        static_assert(std::endian::native == std::endian::little);
        std::memcpy(&word_, bucket, sizeof word_);
    }

    /// The slots whose tag is `tag`.
    [[nodiscard]] slot_set match(std::uint8_t tag) const noexcept {
        return zero_bytes(word_ ^ (ones * tag));
    }
    /// The slots that are empty, of either kind.
    [[nodiscard]] slot_set empty() const noexcept { return zero_bytes(word_ & (ones * 0xfe)); }
    /// The slots that hold an element. Requires: the bucket has not moved.
    [[nodiscard]] slot_set full() const noexcept {
        return slot_set(~zero_bits(word_ & (ones * 0xfe)) & highs);
    }
    /// Whether every slot is of the empty rest.
    [[nodiscard]] bool all_rest() const noexcept { return word_ == 0; }

    /// Makes one slot empty. Where nothing full follows in the bucket, and `last` says that nothing
    /// does in the chain, all from the last full slot on become the empty rest. No branch: what a
    /// bucket holds is not to be predicted.
    void erase(unsigned slot, bool last) noexcept {
        word_ = (word_ & ~(std::uint64_t{0xff} << (slot * 8))) | std::uint64_t{1} << (slot * 8);
        // A one in the byte of each full slot, spread to all bytes before it.
        std::uint64_t kept = (~zero_bits(word_ & (ones * 0xfe)) & highs) >> 7;
        kept |= kept >> 8;
        kept |= kept >> 16;
        kept |= kept >> 32;
        word_ &= kept * 0xff | (std::uint64_t{last} - 1);
    }
    void store(std::byte* bucket) const noexcept { std::memcpy(bucket, &word_, sizeof word_); }

    /// Whether the chain holds nothing beyond this bucket: the last slot is of the empty rest.
    [[nodiscard]] bool ends_chain() const noexcept { return word_ >> 56 == go_empty_rest; }

  private:
    static constexpr std::uint64_t ones = 0x0101010101010101;
    static constexpr std::uint64_t highs = ones * 0x80;

    // The high bit of each byte that is zero; exact, no carry between bytes.
    static constexpr std::uint64_t zero_bits(std::uint64_t x) noexcept {
        return ~(((x & ~highs) + ~highs) | x | ~highs);
    }
    static constexpr slot_set zero_bytes(std::uint64_t x) noexcept {
        return slot_set(zero_bits(x));
    }

    std::uint64_t word_;
};

} // namespace ebb::detail
