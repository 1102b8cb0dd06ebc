// The bytes that the scenarios fill maps with.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ebb::bench {

/// Values of `Bytes` bytes, every one of them written, no two alike: a page of equal bytes could be
/// shared or compressed by the system, and an unwritten one isn't resident.
template <std::size_t Bytes>
class values {
  public:
    const std::array<std::byte, Bytes>& next() noexcept {
        for (std::size_t at = 0; at < Bytes; at += sizeof state_) {
            state_ ^= state_ << 13;
            state_ ^= state_ >> 7;
            state_ ^= state_ << 17;
            std::memcpy(value_.data() + at, &state_, std::min(sizeof state_, Bytes - at));
        }
        return value_;
    }

  private:
    std::array<std::byte, Bytes> value_{};
    std::uint64_t state_ = 0x9e3779b97f4a7c15;
};

} // namespace ebb::bench
