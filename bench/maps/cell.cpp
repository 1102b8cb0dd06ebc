#include <ebb/bench/maps/cell.h>

#include <algorithm>

namespace ebb::bench {
namespace {

constexpr std::uint64_t key_bytes = 8;
constexpr std::uint64_t slots = 8;

// 2^B, the least with which `count` entries fit: 6.5 a bucket.
std::uint64_t bucket_count(std::uint64_t count) noexcept {
    std::uint64_t buckets = 1;
    while (count > slots && buckets * 13 / 2 < count && buckets < std::uint64_t{1} << 50) {
        buckets *= 2;
    }
    return buckets;
}

} // namespace

std::string_view name_of(layout l) noexcept {
    constexpr std::array<std::string_view, 4> names{"inline", "pointer", "spill", "recreate"};
    return names[static_cast<std::size_t>(l)];
}

std::string_view name_of(reclaim r) noexcept {
    return r == reclaim::collected ? "collected" : "at-once";
}

std::uint64_t most_bytes(const cell& c) noexcept {
    const bool outside = c.way == layout::pointer || c.value_bytes > most_inline_bytes;
    const std::uint64_t slot = outside ? 8 : c.value_bytes;
    const std::uint64_t bucket = 8 + slots * (key_bytes + slot) + 8;
    // 2^B buckets, a sixteenth preallocated, a thirty-second of chains.
    const std::uint64_t array = bucket_count(c.count) * bucket / 32 * 35 + bucket * 2;
    // A block of its own rounds up by an eighth or by 16 bytes.
    const std::uint64_t block = outside ? std::max(c.value_bytes / 8 * 9, c.value_bytes + 16) : 0;
    const std::uint64_t live = array + c.count * block;
    // At the end of the last doubling the array before is still there; under a collector also
    // what the doubling before that has left, until its pace takes it.
    const std::uint64_t before = c.when == reclaim::collected ? array : array / 2;
    constexpr std::uint64_t program = std::uint64_t{16} << 20;
    return live + before + live / 16 + program;
}

std::uint64_t most_entries(cell c, std::uint64_t bytes) noexcept {
    std::uint64_t fits = 0;
    std::uint64_t too_many = std::uint64_t{1} << 48;
    while (too_many - fits > 1) {
        c.count = fits + (too_many - fits) / 2;
        (most_bytes(c) <= bytes ? fits : too_many) = c.count;
    }
    return fits;
}

} // namespace ebb::bench
