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

// What a map takes for an entry, as a bound: slots in a table that doubles, a block, or neither.
struct shape {
    std::string_view name;
    family of;
    std::uint64_t load;  // percent of the slots of a table of a power of two that may be full;
                         // 0: no such table, memory follows the entries
    bool blocks;         // each entry in a block of its own: the slots are pointers
    std::uint64_t extra; // bytes of a slot beyond the entry or the pointer, rounded up
};
constexpr std::array<shape, 14> shapes{{
    {"inline", family::go, 0, false, 0}, // Go's maps have a bound of their own
    {"pointer", family::go, 0, false, 0},
    {"spill", family::go, 0, false, 0},
    {"recreate", family::go, 0, false, 0},
    {"hash_map", family::own, 0, false, 8},
    {"node_hash_map", family::own, 0, true, 8},
    {"std", family::others, 50, true, 0},
    {"boost-flat", family::others, 82, false, 2},
    {"absl-flat", family::others, 87, false, 2},
    {"absl-node", family::others, 87, true, 2},
    {"absl-btree", family::others, 0, false, 8},
    {"robin", family::others, 50, false, 8},
    {"hopscotch", family::others, 90, false, 8},
    {"sparse", family::others, 0, false, 8},
}};

const shape& shape_of(layout l) noexcept {
    return shapes[static_cast<std::size_t>(l)];
}

constexpr std::uint64_t program_bytes = std::uint64_t{16} << 20;

// A block of its own rounds up by an eighth or by 16 bytes.
std::uint64_t block_bytes(std::uint64_t bytes) noexcept {
    return std::max(bytes / 8 * 9, bytes + 16);
}

std::uint64_t most_bytes_not_go(const cell& c) noexcept {
    const shape& s = shape_of(c.way);
    const std::uint64_t entry = key_bytes + (c.value_bytes + 7) / 8 * 8;
    const std::uint64_t slot = (s.blocks ? 8 : entry) + s.extra;
    const std::uint64_t blocks = s.blocks ? c.count * block_bytes(entry + 8) : 0;
    if (s.load == 0) {
        return blocks + c.count * slot / 2 * 3 + program_bytes;
    }
    std::uint64_t slots_of_table = 16;
    while (slots_of_table * s.load / 100 < c.count && slots_of_table < std::uint64_t{1} << 50) {
        slots_of_table *= 2;
    }
    // The table before still stands; a malloc may keep those before that.
    return blocks + slots_of_table * slot * 2 + program_bytes;
}

} // namespace

std::string_view name_of(layout l) noexcept {
    return shape_of(l).name;
}

family family_of(layout l) noexcept {
    return shape_of(l).of;
}

bool on_a_malloc(const cell& c) noexcept {
    return c.malloc != "go" && c.malloc != pages_malloc;
}

std::string_view name_of(reclaim r) noexcept {
    return r == reclaim::collected ? "collected" : "at-once";
}

std::uint64_t most_bytes(const cell& c) noexcept {
    if (family_of(c.way) != family::go) {
        return most_bytes_not_go(c);
    }
    const bool outside = c.way == layout::pointer || c.value_bytes > most_inline_bytes;
    const std::uint64_t slot = outside ? 8 : c.value_bytes;
    const std::uint64_t bucket = 8 + slots * (key_bytes + slot) + 8;
    // 2^B buckets, a sixteenth preallocated, a thirty-second of chains.
    const std::uint64_t array = bucket_count(c.count) * bucket / 32 * 35 + bucket * 2;
    const std::uint64_t block = outside ? block_bytes(c.value_bytes) : 0;
    const std::uint64_t live = array + c.count * block;
    // At the end of the last doubling the array before is still there; under a collector also
    // what the doubling before that has left, until its pace takes it.
    const std::uint64_t before = c.when == reclaim::collected ? array : array / 2;
    return live + before + live / 16 + program_bytes;
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
