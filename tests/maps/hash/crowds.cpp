// Equal hashes: a map of any number of them is right, costs what a chain of std::unordered_map's
// costs, and gives its memory back. length_error is for sizes beyond max_size() alone.
#include <ebb/maps/hash_map.h>
#include <ebb/maps/hash_set.h>
#include <ebb/maps/node_hash_map.h>

#include <gtest/gtest.h>
#include <tests/maps/counting_arena.h>
#include <tests/maps/filled.h>
#include <tests/support/random.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <new>
#include <unordered_map>
#include <utility>
#include <vector>

namespace {

using namespace tests;

/// What of a key its hash tells.
enum class tells { all, nothing, one_of_two, sixteenth, high_bits, low_bits };

/// A hash that tests turn: what was hashed otherwise must be copied before it is looked for.
struct turned_hash {
    static inline tells now = tells::all;

    std::uint64_t operator()(std::uint64_t k) const noexcept {
        switch (now) {
        case tells::nothing:
            return 7;
        case tells::one_of_two:
            return k & 1;
        case tells::sixteenth:
            return k & 15;
        case tells::high_bits:
            return k << 48;
        case tells::low_bits:
            return k & 0xfff;
        case tells::all:
            break;
        }
        return k;
    }
};
struct turn {
    explicit turn(tells to) { turned_hash::now = to; }
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;
    ~turn() { turned_hash::now = tells::all; }
};
/// As it comes, without the map's seed: what a seeded hash of the user's gives. Its low bits name
/// segments, its high ones groups and chains.
struct raw_hash {
    using is_seeded = void;
    std::uint64_t operator()(std::uint64_t k, std::uint64_t) const noexcept {
        return turned_hash{}(k);
    }
};

// Of 248 bytes each a segment's cells number 4,224.
using large = value<240>;
constexpr std::uint64_t beyond = 5500;

template <class Hash>
using flat_with = ebb::hash_map<std::uint64_t, large, Hash>;

large of(std::uint64_t k) {
    large v{};
    v[0] = static_cast<char>(k);
    v[239] = static_cast<char>(k >> 8);
    return v;
}

template <class Map>
void expect_same(const Map& map, const std::unordered_map<std::uint64_t, large>& model) {
    ASSERT_EQ(map.size(), model.size());
    std::unordered_map<std::uint64_t, int> seen;
    for (const auto& [k, v] : map) {
        const auto it = model.find(k);
        ASSERT_TRUE(it != model.end() && it->second == v && ++seen[k] == 1) << k;
    }
    ASSERT_EQ(seen.size(), model.size());
    std::size_t called = 0;
    map.for_each([&](const auto&) { ++called; });
    ASSERT_EQ(called, model.size());
    map.validate();
}

/// One way through all that a map can do, `count` keys of `hash`, beside a model.
template <class Map>
void goes_beside_a_model(std::uint64_t count, tells hash) {
    const std::uint64_t seed = new_seed();
    SCOPED_TRACE(seed);
    random_engine random(seed);
    const turn turned(hash);
    Map map;
    std::unordered_map<std::uint64_t, large> model;
    const auto insert = [&](std::uint64_t k) {
        ASSERT_EQ(map.emplace(k, of(k)).second, model.emplace(k, of(k)).second);
    };
    for (std::uint64_t k = 0; k < count; ++k) {
        insert(k);
    }
    for (std::uint64_t k = 0; k < 200; ++k) {
        insert(below(random, count * 2));
    }
    expect_same(map, model);
    for (std::uint64_t n = 0; n < 200; ++n) {
        const std::uint64_t k = below(random, count * 3);
        const auto it = map.find(k);
        ASSERT_EQ(it != map.end(), model.contains(k));
        if (it != map.end()) {
            ASSERT_EQ(it->second, model.at(k));
        }
    }

    Map copy = map; // another seed
    expect_same(copy, model);
    Map other;
    other.emplace(count * 5, of(1));
    swap(copy, other);
    expect_same(other, model);
    ASSERT_EQ(copy.size(), 1U);
    copy = std::move(other);
    expect_same(copy, model);
    const Map moved(std::move(copy));
    expect_same(moved, model);

    // A few by their keys, a few taken out and put back, then most as a loop comes upon them.
    for (std::uint64_t n = 0; n < 100; ++n) {
        const std::uint64_t k = below(random, count);
        ASSERT_EQ(map.erase(k), model.erase(k));
    }
    for (std::uint64_t n = 0; n < 100; ++n) {
        const std::uint64_t k = below(random, count);
        if (auto handle = map.extract(k)) {
            ASSERT_TRUE(model.contains(k) && !map.contains(k));
            ASSERT_TRUE(map.insert(std::move(handle)).inserted);
        } else {
            ASSERT_FALSE(model.contains(k));
        }
    }
    for (auto it = map.begin(); it != map.end();) {
        if (below(random, 8) != 0) {
            model.erase(it->first);
            it = map.erase(it);
        } else {
            ++it;
        }
    }
    expect_same(map, model);

    Map more;
    for (std::uint64_t k = count / 2; k < count / 2 + count / 8; ++k) {
        more.emplace(k, of(k));
    }
    std::size_t both = 0;
    for (const auto& [k, v] : more) {
        both += model.contains(k) ? 1U : 0U;
        model.emplace(k, v);
    }
    map.merge(more);
    ASSERT_EQ(more.size(), both);
    more.validate();
    expect_same(map, model);

    map.reserve(count * 2);
    expect_same(map, model);
    for (std::uint64_t k = count * 2; k < count * 2 + 50; ++k) {
        insert(k);
    }
    map.shrink_to_fit();
    expect_same(map, model);
    map.clear();
    ASSERT_EQ(map.footprint().total(), 0U);
    map.validate();
    ASSERT_TRUE(map.emplace(3, of(3)).second);
}

TEST(hash_crowds, one_hash_for_all_goes_beside_a_model) {
    goes_beside_a_model<flat_with<turned_hash>>(beyond, tells::nothing);
}
TEST(hash_crowds, two_hashes_go_beside_a_model) {
    goes_beside_a_model<flat_with<turned_hash>>(beyond * 2, tells::one_of_two);
}
TEST(hash_crowds, sixteen_hashes_go_beside_a_model) {
    goes_beside_a_model<flat_with<turned_hash>>(beyond, tells::sixteenth);
}
TEST(hash_crowds, high_bits_alone_go_beside_a_model) {
    goes_beside_a_model<flat_with<turned_hash>>(beyond, tells::high_bits);
    goes_beside_a_model<flat_with<raw_hash>>(beyond, tells::high_bits);
}
TEST(hash_crowds, low_bits_alone_go_beside_a_model) {
    goes_beside_a_model<flat_with<turned_hash>>(beyond, tells::low_bits);
    goes_beside_a_model<flat_with<raw_hash>>(beyond, tells::low_bits);
}
TEST(hash_crowds, one_hash_for_all_goes_beside_a_model_in_nodes) {
    goes_beside_a_model<ebb::node_hash_map<std::uint64_t, large, turned_hash>>(2000,
                                                                               tells::nothing);
}
TEST(hash_crowds, one_hash_for_all_goes_beside_a_model_over_an_allocator) {
    goes_beside_a_model<
        ebb::hash_map<std::uint64_t, large, turned_hash, std::equal_to<std::uint64_t>,
                      std::allocator<std::pair<const std::uint64_t, large>>>>(beyond,
                                                                              tells::nothing);
}

/// Keys in a set, which lie in an array.
struct large_key {
    std::uint64_t k = 0;
    std::array<char, 240> more{};
    bool operator==(const large_key& other) const noexcept { return k == other.k; }
};
struct hash_of_large_key {
    std::uint64_t operator()(const large_key& key) const noexcept { return turned_hash{}(key.k); }
};

TEST(hash_crowds, a_set_holds_equal_hashes) {
    const turn turned(tells::nothing);
    ebb::hash_set<large_key, hash_of_large_key> set;
    for (std::uint64_t k = 0; k < beyond; ++k) {
        ASSERT_TRUE(set.insert({k}).second);
    }
    set.validate();
    ASSERT_FALSE(set.insert({beyond - 1}).second);
    ASSERT_EQ(ebb::erase_if(set, [](const large_key& key) { return key.k % 2 == 0; }), beyond / 2);
    ASSERT_TRUE(set.contains({1}) && !set.contains({2}));
    set.validate();
}

// Copied and not inserted, which would compare each with all before it: std's chain costs the same.
template <class Map>
void holds_equal_hashes(std::uint64_t count) {
    Map apart;
    for (std::uint64_t k = 0; k < count; ++k) {
        apart.try_emplace(k);
    }
    const turn turned(tells::nothing);
    Map map = apart;
    ASSERT_EQ(map.size(), count);
    map.validate();
    const auto expect_each_once = [&](const Map& m) {
        std::vector<bool> seen(count);
        for (const auto& [k, v] : m) {
            ASSERT_FALSE(seen[k]);
            seen[k] = true;
        }
        ASSERT_EQ(std::count(seen.begin(), seen.end(), true),
                  static_cast<std::ptrdiff_t>(m.size()));
    };
    expect_each_once(map);
    for (const std::uint64_t k : {std::uint64_t{0}, count / 2, count - 1}) {
        ASSERT_TRUE(map.contains(k));
        ASSERT_EQ(map.erase(k), 1U);
        ASSERT_FALSE(map.contains(k));
        ASSERT_TRUE(map.try_emplace(k).second);
    }
    ASSERT_FALSE(map.contains(count));
    {
        const Map again = map;
        expect_each_once(again);
    }
    // Those that are left fit into cells once more, and no more memory than theirs is held.
    for (auto it = map.begin(); it != map.end();) {
        it = it->first < 100 ? std::next(it) : map.erase(it);
    }
    ASSERT_EQ(map.size(), 100U);
    map.validate();
    ASSERT_LE(map.footprint().total(), 512 * 1024U);
    map.shrink_to_fit();
    ASSERT_LE(map.footprint().total(), 100 * 4 * sizeof(*map.begin()) + 8192);
    for (auto it = map.begin(); it != map.end(); it = map.erase(it)) {
    }
    ASSERT_EQ(map.footprint().total(), 0U);
}

constexpr std::uint64_t many = sanitized ? 70'000 : 200'000;

TEST(hash_crowds, many_equal_hashes_are_held) {
    holds_equal_hashes<ebb::hash_map<std::uint64_t, value<40>, turned_hash>>(many);
}
TEST(hash_crowds, many_equal_hashes_are_held_over_an_allocator) {
    holds_equal_hashes<
        ebb::hash_map<std::uint64_t, value<40>, turned_hash, std::equal_to<std::uint64_t>,
                      std::allocator<std::pair<const std::uint64_t, value<40>>>>>(many);
}

TEST(hash_crowds, equal_hashes_are_held_beside_others) {
    // 70,000 of them, more than 16 bits can number, and as many others.
    struct hash_of_some {
        std::uint64_t operator()(std::uint64_t k) const noexcept {
            return turned_hash::now == tells::nothing && k < 70'000 ? 7 : k;
        }
    };
    using map_type = ebb::hash_map<std::uint64_t, value<40>, hash_of_some>;
    map_type apart;
    fill(apart, 0, 140'000);
    const turn turned(tells::nothing);
    map_type map = apart;
    ASSERT_EQ(map.size(), 140'000U);
    map.validate();
    for (std::uint64_t k = 70'000; k < 140'000; ++k) {
        ASSERT_TRUE(map.contains(k));
    }
    for (std::uint64_t k = 70'000; k < 139'000; ++k) { // merges segments
        ASSERT_EQ(map.erase(k), 1U);
    }
    map.validate();
    fill(map, 140'000, 400'000); // splits segments
    ASSERT_EQ(map.size(), 331'000U);
    map.validate();
    ASSERT_TRUE(map.contains(5) && map.contains(69'999) && !map.contains(75'000));
}

TEST(hash_crowds, memory_that_runs_out_changes_nothing) {
    using map_type = ebb::hash_map<std::uint64_t, large, turned_hash, std::equal_to<std::uint64_t>,
                                   counting_arena>;
    const turn turned(tells::nothing);
    counting_arena arena;
    map_type map(arena);
    std::uint64_t refused = 0;
    for (std::uint64_t k = 0; k < beyond; ++k) {
        for (std::uint64_t blocks = 0;; ++blocks) {
            arena.fail_after(blocks);
            try {
                map.try_emplace(k);
                break;
            } catch (const std::bad_alloc&) {
                ++refused;
                ASSERT_EQ(map.size(), k);
                if (k % 1024 == 0 || (k > 4200 && k < 4250)) {
                    map.validate();
                }
            }
        }
    }
    arena.fail_after(counting_arena::never);
    EXPECT_GT(refused, 100U);
    EXPECT_EQ(map.size(), beyond);
    EXPECT_EQ(map.footprint().total(), arena.read().requested);
    map.validate();
    arena.fail_after(0); // what shrinks it is refused: it stays as it is
    while (map.size() > 10) {
        map.erase(map.begin());
    }
    map.validate();
    map.try_emplace(3);
    map.validate();
}

} // namespace
