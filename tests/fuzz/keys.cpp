// Keys that someone chose who has read the hash and doesn't know its seed. What they cost is
// counted: equal hashes, keys that share a segment, a group or a tag, comparisons, overflow
// buckets, and the longest segment while a map is filled in the order of another. Nothing may cost
// more than random keys would, within a factor that chance doesn't reach.
//
//     byte 0        the type of the keys, byte 1 their family, byte 2 how many
//     byte 3        which words of a key change
//     byte 4        a shift, or where text is cut
//     32 bytes      four words to begin with
#include <ebb/alloc/arena/go_heap.h>
#include <ebb/alloc/base/sanitizers.h>
#include <ebb/maps/go_map.h>
#include <ebb/maps/hash_map.h>
#include <ebb/maps/hash_set.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

/// A type with a std::hash of its own, which is no hash at all.
struct number {
    std::uint64_t word;
    auto operator<=>(const number&) const = default;
};
enum class code : std::uint64_t {};

} // namespace

template <>
struct std::hash<number> {
    std::size_t operator()(number n) const noexcept { return n.word; }
};
template <>
struct std::hash<code> {
    std::size_t operator()(code c) const noexcept { return static_cast<std::size_t>(c); }
};

namespace {

using row = std::array<std::uint64_t, 4>;

struct input {
    unsigned type = 0;
    unsigned family = 0;
    std::size_t count = 0;
    unsigned places = 0; // a bit a word: it changes from key to key
    unsigned shift = 0;
    row words{};
};

[[noreturn]] void fail(const input& in, const char* what, double is, double most) {
    std::fprintf(stderr,
                 "fuzz: type %u, family %u, %zu keys, places %x, shift %u: %s: %g, most %g\n",
                 in.type, in.family, in.count, in.places, in.shift, what, is, most);
    std::abort();
}
void expect(const input& in, const char* what, double is, double most) {
    if (is > most) {
        fail(in, what, is, most);
    }
}

// What the hash multiplies by and adds, and what makes a product of it 1 or 0.
constexpr std::uint64_t inverse(std::uint64_t odd) {
    std::uint64_t x = odd; // Newton's steps, each twice as many bits
    for (int i = 0; i < 6; ++i) {
        x *= 2 - odd * x;
    }
    return x;
}
constexpr std::array<std::uint64_t, 12> constants = {
    0,
    1,
    ~std::uint64_t{0},
    ebb::detail::hash_a,
    ebb::detail::hash_b,
    ebb::detail::hash_c,
    ebb::detail::hash_a ^ ebb::detail::hash_b,
    ebb::detail::hash_a ^ ebb::detail::hash_c,
    ebb::detail::hash_b ^ ebb::detail::hash_c,
    inverse(ebb::detail::hash_a),
    inverse(ebb::detail::hash_b),
    ebb::detail::hash_c + ebb::detail::hash_b,
};

// Not std::rotl: libc++ 16 takes an unsigned number there, others a signed one.
std::uint64_t rotated(std::uint64_t n, unsigned by) {
    return n << by % 64 | n >> (64 - by) % 64;
}

std::vector<row> family(const input& in) {
    std::vector<row> rows;
    const auto changing = [&](std::uint64_t i, auto word) { // the words that change
        row r = in.words;
        for (unsigned at = 0; at < r.size(); ++at) {
            if ((in.places >> at & 1) != 0) {
                r[at] = word(i, at);
            }
        }
        rows.push_back(r);
    };
    for (std::uint64_t i = 0; i < in.count; ++i) {
        switch (in.family) {
        case 0: // multiples of a number
            changing(i, [&](std::uint64_t n, unsigned) { return n * in.words[0]; });
            break;
        case 1: // as many steps up, in bits that a hash may lose
            changing(i, [&](std::uint64_t n, unsigned) { return rotated(n, in.shift); });
            break;
        case 2: // words that are what the hash multiplies by, each in turn; the others in order
            changing(i, [&](std::uint64_t n, unsigned) { return n; });
            for (unsigned at = 0; at < 4; ++at) {
                if ((in.places >> at & 1) == 0) {
                    rows.back()[at] = constants[(i + in.shift) % constants.size()];
                }
            }
            break;
        case 3: // words that change places, and the bits that differ with them
            changing(i / 2, [&](std::uint64_t n, unsigned at) { return in.words[at] ^ n; });
            if (i % 2 != 0) {
                std::swap(rows.back()[in.shift % 4], rows.back()[in.shift / 4 % 4]);
            }
            break;
        case 4: { // one bit or two of 256
            row r = in.words;
            const std::uint64_t first = i % 256;
            const std::uint64_t second = (first + i / 256) % 256;
            r[first / 64] ^= std::uint64_t{1} << first % 64;
            if (second != first) {
                r[second / 64] ^= std::uint64_t{1} << second % 64;
            }
            rows.push_back(r);
            break;
        }
        case 5: // products that come out in order: of what undoes a factor
            changing(i, [&](std::uint64_t n, unsigned) {
                return n * inverse(constants[3 + in.shift % 3]) ^ constants[in.shift % 12];
            });
            break;
        case 6: // what undoes the first of two words in the second
            changing(i, [&](std::uint64_t n, unsigned at) {
                const std::uint64_t word = in.words[at] + n;
                return at % 2 == 0 ? word : inverse(word | 1);
            });
            break;
        default: // every changing word the same, under a constant
            changing(i, [&](std::uint64_t n, unsigned at) {
                return (n << in.shift) ^ constants[at * 3 % constants.size()] ^ in.words[at];
            });
        }
    }
    return rows;
}

// A key of a row, of each type that the hash treats in a way of its own.
template <class Key>
Key key_of(const row& r, unsigned cut) {
    const auto* const bytes = reinterpret_cast<const char*>(r.data());
    const std::size_t size = cut < 32 ? 8 + cut % 4 * 8 : 8 + cut % 25; // 8 ... 32
    if constexpr (std::is_same_v<Key, std::uint64_t>) {
        return r[0] ^ rotated(r[1], 17) ^ rotated(r[2], 31) ^ rotated(r[3], 47);
    } else if constexpr (std::is_same_v<Key, std::uint32_t>) {
        return static_cast<std::uint32_t>(key_of<std::uint64_t>(r, cut));
    } else if constexpr (std::is_same_v<Key, number> || std::is_same_v<Key, code>) {
        return Key{key_of<std::uint64_t>(r, cut)};
    } else if constexpr (std::is_same_v<Key, const void*>) {
        return reinterpret_cast<const void*>(key_of<std::uint64_t>(r, cut));
    } else if constexpr (std::is_same_v<Key, double>) {
        const auto d = std::bit_cast<double>(key_of<std::uint64_t>(r, cut));
        return std::isnan(d) ? 0.0 : d;
    } else if constexpr (std::is_same_v<Key, std::string> || std::is_same_v<Key, std::wstring>) {
        using character = typename Key::value_type;
        Key text(size / sizeof(character), 0);
        std::memcpy(text.data(), bytes, text.size() * sizeof(character));
        return text;
    } else if constexpr (ebb::detail::is_byte_array<Key>) {
        Key k{};
        std::memcpy(k.data(), bytes, std::min(k.size(), sizeof r));
        return k;
    } else if constexpr (std::is_same_v<Key, std::pair<std::uint64_t, std::uint64_t>>) {
        return {r[0], r[1] ^ rotated(r[3], 32)};
    } else if constexpr (std::is_same_v<Key, std::pair<number, std::string>>) {
        return {number{r[0]}, std::string(bytes + 8, size / 2)};
    } else {
        return {static_cast<std::uint32_t>(r[0]), std::string(bytes, size), r[1], r[2]};
    }
}

struct comparisons {
    static inline std::uint64_t made = 0;
};
template <class Key>
struct counting_equal {
    bool operator()(const Key& a, const Key& b) const noexcept {
        ++comparisons::made;
        return a == b;
    }
};

/// A set that shows its table.
template <class Key, class Hash>
class open_set : public ebb::hash_set<Key, Hash, counting_equal<Key>> {
  public:
    using ebb::hash_set<Key, Hash, counting_equal<Key>>::hash_set;
    [[nodiscard]] std::uint64_t hash_of(const Key& k) const { return this->table_.hash_of(k); }
    /// The longest segment, over the average one.
    [[nodiscard]] double overload() const {
        const std::size_t segments = this->table_.segments();
        std::size_t most = 0;
        for (std::size_t n = 0; n < segments; ++n) {
            most = std::max<std::size_t>(most, this->table_.segment_at(n).count);
        }
        return static_cast<double>(most) * static_cast<double>(segments) /
               static_cast<double>(this->size());
    }
};

// Keys in cells: the sum of the squares is what it costs to look at each key's neighbours. Random
// keys have n + n^2 / cells.
template <class Cell>
void expect_spread(const input& in, const char* what, const std::vector<std::uint64_t>& hashes,
                   std::size_t cells, const Cell& cell_of) {
    std::vector<std::uint32_t> filled(cells, 0);
    double squares = 0;
    for (const std::uint64_t h : hashes) {
        std::uint32_t& n = filled[cell_of(h)];
        squares += 2.0 * n + 1;
        ++n;
    }
    const auto n = static_cast<double>(hashes.size());
    expect(in, what, squares, 1.5 * (n + n * n / static_cast<double>(cells)) + 200);
}

void judge(const input& in, std::vector<std::uint64_t> hashes) {
    // As the map takes its places: segments by the low bits, groups by the upper half, tags
    // between.
    const std::size_t cells = std::bit_ceil(hashes.size() / 8);
    const std::size_t few = std::bit_ceil(hashes.size() / 512 + 1);
    expect_spread(in, "segments", hashes, few, [&](std::uint64_t h) { return h % few; });
    expect_spread(in, "low bits", hashes, cells, [&](std::uint64_t h) { return h % cells; });
    expect_spread(in, "groups", hashes, cells,
                  [&](std::uint64_t h) { return (h >> 32) * cells >> 32; });
    expect_spread(in, "groups of segments", hashes, few * 32,
                  [&](std::uint64_t h) { return h % few * 32 + ((h >> 32) * 32 >> 32); });
    expect_spread(in, "tags of segments", hashes, few * 256,
                  [&](std::uint64_t h) { return h % few * 256 + (h >> 24 & 255); });
    expect_spread(in, "wide tags", hashes, 1 << 15,
                  [](std::uint64_t h) { return h >> 17 & 0x7fff; });
    std::sort(hashes.begin(), hashes.end());
    const auto end = std::unique(hashes.begin(), hashes.end());
    expect(in, "equal hashes", static_cast<double>(hashes.end() - end), 0);
}

// Adds them, and gives back the comparisons and the worst overload on the way, a segment of the
// smallest left out.
template <class Set, class Keys>
std::uint64_t fill(const input& in, Set& set, const Keys& keys) {
    comparisons::made = 0;
    std::size_t next = 4096;
    for (const auto& k : keys) {
        set.insert(k);
        if (set.size() == next) {
            expect(in, "the longest segment over the average, being filled", set.overload(), 3);
            next += next / 2;
        }
    }
    return comparisons::made;
}

template <class Key, class Hash>
void attack_set(const input& in, const std::vector<Key>& keys) {
    const auto n = static_cast<double>(keys.size());
    open_set<Key, Hash> set;
    // Tags that are equal by chance: fewer than 13 of 256, in home and the next group.
    expect(in, "comparisons to insert", static_cast<double>(fill(in, set, keys)), 0.2 * n + 100);
    std::vector<std::uint64_t> hashes;
    hashes.reserve(keys.size());
    for (const Key& k : keys) {
        hashes.push_back(set.hash_of(k));
    }
    judge(in, hashes);
    comparisons::made = 0;
    for (const Key& k : keys) {
        if (!set.contains(k)) {
            fail(in, "a key is lost", 1, 0);
        }
    }
    expect(in, "comparisons to find", static_cast<double>(comparisons::made), 1.2 * n + 100);

    // The order of iteration, into an empty copy, a new map, one that was cleared, one swapped.
    open_set<Key, Hash> empty;
    open_set<Key, Hash> copy(empty);
    expect(in, "comparisons in another's order", static_cast<double>(fill(in, copy, set)),
           0.2 * n + 100);
    open_set<Key, Hash> twin(copy);
    twin.clear();
    expect(in, "comparisons in a copy's order", static_cast<double>(fill(in, twin, copy)),
           0.2 * n + 100);
    open_set<Key, Hash> taken(std::move(twin));
    twin.clear();
    expect(in, "comparisons in the order of what was moved",
           static_cast<double>(fill(in, twin, taken)), 0.2 * n + 100);
}

template <class Key, class Hash>
void attack_go_map(const input& in, const std::vector<Key>& keys) {
    ebb::go_heap heap;
    ebb::go_map<Key, char, Hash, counting_equal<Key>> map(heap);
    comparisons::made = 0;
    for (const Key& k : keys) {
        map[k] = 'x';
    }
    const auto n = static_cast<double>(keys.size());
    // A bucket has a tag of 256 too, and a chain of two is rare.
    expect(in, "go_map: comparisons", static_cast<double>(comparisons::made), 0.3 * n + 100);
    expect(in, "go_map: overflow buckets", static_cast<double>(map.overflow_buckets()),
           0.1 * n + 40);
}

template <class Key, class Hash = ebb::hash<Key>>
void attack(const input& in) {
    std::vector<Key> keys;
    for (const row& r : family(in)) {
        keys.push_back(key_of<Key>(r, in.shift));
    }
    // Each once, in the order in which they came.
    std::vector<Key> sorted = keys;
    std::sort(sorted.begin(), sorted.end());
    if (std::unique(sorted.begin(), sorted.end()) != sorted.end()) {
        std::vector<Key> once;
        ebb::hash_set<Key, Hash> seen;
        for (const Key& k : keys) {
            if (seen.insert(k).second) {
                once.push_back(k);
            }
        }
        keys.swap(once);
    }
    if (keys.size() < 64) {
        return;
    }
    attack_set<Key, Hash>(in, keys);
    attack_go_map<Key, Hash>(in, keys);
}

constexpr void (*types[])(const input&) = {
    attack<std::uint64_t>,
    attack<std::uint32_t>,
    attack<std::string>,
    attack<std::wstring>,
    attack<std::array<std::byte, 16>>,
    attack<std::array<unsigned char, 27>>,
    attack<std::pair<std::uint64_t, std::uint64_t>>,
    attack<std::pair<number, std::string>>,
    attack<std::tuple<std::uint32_t, std::string, std::uint64_t, std::uint64_t>>,
    attack<number>,
    attack<code>,
    attack<const void*>,
    attack<double>,
    attack<std::uint64_t, std::hash<std::uint64_t>>, // without a seed of its own
    attack<number, std::hash<number>>,
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    input in;
    if (size < 5 + sizeof in.words) {
        return 0;
    }
    in.type = data[0] % std::size(types);
    in.family = data[1] % 8;
    in.count = (ebb::sanitized ? 500 : 2000) + data[2] * std::size_t{data[2]} / 4;
    in.places = data[3] % 16 == 0 ? 1U : data[3] % 16U;
    in.shift = data[4] % 64;
    std::memcpy(in.words.data(), data + 5, sizeof in.words);
    types[in.type](in);
    return 0;
}
