// What keys cost a map with the hash that it has by default: bad ones (in order, strided, of few
// bits, pointers), and keys that were chosen against another map. Measured inside: how many groups
// a look-up passes on the way to its element, and how full the fullest segment is.
#include <ebb/maps/hash_map.h>

#include <gtest/gtest.h>
#include <tests/support/random.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace tests;

/// A map that shows its table.
template <class Key, class Value, class Hash = ebb::hash<Key>>
class open_map : public ebb::hash_map<Key, Value, Hash> {
  public:
    using ebb::hash_map<Key, Value, Hash>::hash_map;

    [[nodiscard]] std::uint64_t hash_of(const Key& k) const { return this->table_.hash_of(k); }
    [[nodiscard]] std::size_t segments() const { return this->table_.segments(); }
    [[nodiscard]] std::size_t fullest() const {
        std::size_t most = 0;
        for (std::size_t n = 0; n < segments(); ++n) {
            most = std::max<std::size_t>(most, this->table_.segment_at(n).count);
        }
        return most;
    }
    /// Groups between home and element, on average.
    [[nodiscard]] double passed() const {
        std::size_t sum = 0;
        for (std::size_t n = 0; n < segments(); ++n) {
            const auto& s = this->table_.segment_at(n);
            for (std::uint32_t g = 0; g < s.group_count; ++g) {
                for (std::uint32_t full = s.groups[g].full_slots(); full != 0; full &= full - 1) {
                    const auto* const e =
                        layout::element(s, g, static_cast<std::uint32_t>(std::countr_zero(full)));
                    const std::uint32_t home =
                        ebb::detail::home_group(hash_of(e->first), s.group_count);
                    sum += (g + s.group_count - home) % s.group_count;
                }
            }
        }
        return static_cast<double>(sum) / static_cast<double>(this->size());
    }

  private:
    using layout = typename ebb::hash_map<Key, Value, Hash>::table::layout;
};

constexpr int count = sanitized ? 2000 : 5000;

struct bad_keys {
    const char* name;
    std::uint64_t (*key)(std::uint64_t n);
};
void PrintTo(const bad_keys& k, std::ostream* out) { // NOLINT: GoogleTest's name
    *out << k.name;
}
constexpr bad_keys kinds[] = {
    {"in_order", [](std::uint64_t n) { return n; }},
    {"downwards", [](std::uint64_t n) { return ~n; }},
    {"three_apart", [](std::uint64_t n) { return n * 3; }},
    {"eight_apart", [](std::uint64_t n) { return n << 3; }},
    {"a_thousand_apart", [](std::uint64_t n) { return n * 1000; }},
    {"a_page_apart", [](std::uint64_t n) { return n << 12; }},
    {"sixteen_bits_up", [](std::uint64_t n) { return n << 16; }},
    {"upper_half_alone", [](std::uint64_t n) { return n << 32; }},
    {"top_bits_alone", [](std::uint64_t n) { return n << 50; }},
    {"two_halves", [](std::uint64_t n) { return n % 71 << 32 | n / 71; }},
    {"alike_halves", [](std::uint64_t n) { return n << 32 | n; }},
    {"reversed_bytes", [](std::uint64_t n) { return __builtin_bswap64(n); }},
    {"every_eighth_bit", // of 13 bits, one in five
     [](std::uint64_t n) {
         std::uint64_t k = 0;
         for (unsigned bit = 0; bit < 13; ++bit) {
             k |= (n >> bit & 1) << (bit * 5 % 64);
         }
         return k;
     }},
    {"digits_in_text",
     [](std::uint64_t n) {
         std::array<char, 8> text{'0', '0', '0', '0', '0', '0', '0', '0'};
         for (std::size_t i = 8; n != 0; n /= 10) {
             text[--i] = static_cast<char>('0' + n % 10);
         }
         return std::bit_cast<std::uint64_t>(text);
     }},
    {"whole_doubles",
     [](std::uint64_t n) { return std::bit_cast<std::uint64_t>(static_cast<double>(n)); }},
};

class maps_keys : public ::testing::TestWithParam<bad_keys> {
  protected:
    static constexpr int maps = 100;

    // Each map has its own seed: all must be as good as with random keys (0.05 groups, 0.15 of a
    // thousand maps; 0.11 of cells, which are fuller). With one multiplication alone one in a
    // hundred passes 1 to 76.
    template <class Key, class Value, class Make>
    static void expect_cheap(const Make& make) {
        std::vector<double> passed;
        for (int i = 0; i < maps; ++i) {
            open_map<Key, Value> map;
            for (std::uint64_t n = 0; n < count; ++n) {
                ASSERT_TRUE(map.try_emplace(make(n)).second);
            }
            passed.push_back(map.passed());
        }
        std::sort(passed.begin(), passed.end());
        EXPECT_LT(passed[maps / 2], sizeof(std::pair<Key, Value>) > 32 ? 0.16 : 0.08);
        EXPECT_LT(passed.back(), 0.4);
    }
};

TEST_P(maps_keys, cost_no_more_than_random_ones) {
    expect_cheap<std::uint64_t, std::uint64_t>(GetParam().key);
}
TEST_P(maps_keys, cost_no_more_than_random_ones_beside_large_values) {
    expect_cheap<std::uint64_t, std::array<char, 128>>(GetParam().key);
}
TEST_P(maps_keys, cost_no_more_as_text) {
    expect_cheap<std::string, int>([](std::uint64_t n) {
        const std::uint64_t k = GetParam().key(n);
        return std::string(reinterpret_cast<const char*>(&k), sizeof k);
    });
}
INSTANTIATE_TEST_SUITE_P(each, maps_keys, ::testing::ValuesIn(kinds),
                         [](const auto& of) { return std::string(of.param.name); });

TEST(maps_keys, pointers_cost_no_more_than_random_ones) {
    std::vector<std::unique_ptr<std::array<char, 40>>> blocks(count);
    for (auto& b : blocks) {
        b = std::make_unique<std::array<char, 40>>();
    }
    double sum = 0;
    for (int i = 0; i < 50; ++i) {
        open_map<const void*, int> map;
        for (const auto& b : blocks) {
            map[b.get()] = 1;
        }
        sum += map.passed();
    }
    EXPECT_LT(sum / 50, 0.08);
}

// Whoever knows the hash function alone: keys that fall together under one seed.
TEST(maps_keys, chosen_against_one_map_are_nothing_to_another) {
    const std::uint64_t seed = new_seed();
    SCOPED_TRACE("EBB_SEED=" + std::to_string(seed));
    random_engine random(seed);
    open_map<std::uint64_t, std::uint64_t> known;
    std::vector<std::uint64_t> chosen;
    while (chosen.size() < 2000) { // one home for all, in any map of up to 256 groups
        const std::uint64_t k = random();
        if (known.hash_of(k) >> 56 == 0) {
            chosen.push_back(k);
        }
    }
    for (const std::uint64_t k : chosen) {
        known[k] = 1;
    }
    EXPECT_GT(known.passed(), 10); // chosen well
    for (int i = 0; i < 20; ++i) {
        open_map<std::uint64_t, std::uint64_t> other;
        for (const std::uint64_t k : chosen) {
            other[k] = 1;
        }
        EXPECT_LT(other.passed(), 1);
    }
}

TEST(maps_keys, no_two_maps_walk_alike) {
    const auto order = [] {
        ebb::hash_map<int, int> map;
        for (int n = 0; n < 100; ++n) {
            map[n] = n;
        }
        std::vector<int> met;
        for (const auto& e : map) {
            met.push_back(e.first);
        }
        return met;
    };
    const auto first = order();
    EXPECT_NE(first, order());
    EXPECT_TRUE(std::is_permutation(first.begin(), first.end(), order().begin()));
}

// Elements in the order of a walk through a map that had this one's seed: their low bits count up
// so slowly that they would all go into one segment, until it is larger than any may be.
TEST(maps_keys, the_order_of_the_map_before_fills_no_segment_twice) {
    using map = open_map<std::uint64_t, std::uint64_t>;
    constexpr std::size_t segment = 2048;
    const auto expect_even = [](map& c, const map& from) {
        for (const auto& e : from) {
            c.insert(e);
            if (c.size() % 1024 == 0) { // the next to be split has twice its share
                ASSERT_LT(c.fullest(), 3 * segment) << c.size();
            }
        }
        ASSERT_EQ(c.size(), from.size());
    };
    map c;
    for (std::uint64_t n = 0; n < 100'000; ++n) {
        c[n] = n;
    }
    map d(std::move(c));
    expect_even(c, d); // NOLINT(bugprone-use-after-move): empty
    const map e(c);
    c.clear();
    expect_even(c, e);
    d = std::move(c);
    expect_even(c, d); // NOLINT(bugprone-use-after-move): empty
    map f(d);
    for (std::uint64_t n = 0; n < 100'000; ++n) {
        f.erase(n);
    }
    expect_even(f, d);
}

// The same through copies, of which each has a seed of its own: of nothing, and of a part.
TEST(maps_keys, the_order_of_a_copys_original_fills_no_segment_twice) {
    using map = open_map<std::string, int>;
    const map none;
    std::vector<map> shards(2, none);
    EXPECT_NE(shards[0].hash_of("x"), shards[1].hash_of("x"));
    for (int n = 0; n < 30'000; ++n) {
        shards[0]["word " + std::to_string(n)] = n;
    }
    map part(shards[0]);
    EXPECT_NE(part.hash_of("x"), shards[0].hash_of("x"));
    for (int n = 30'000; n < 60'000; ++n) {
        shards[0]["word " + std::to_string(n)] = n;
    }
    constexpr std::size_t share = 8192; // of elements of 40 bytes, in an array
    for (map* const to : {&shards[1], &part}) {
        for (const auto& e : shards[0]) {
            to->insert(e);
            ASSERT_LT(to->fullest(), 3 * share) << to->size();
        }
        EXPECT_EQ(*to, shards[0]);
        EXPECT_LT(to->passed(), 0.3);
        to->validate();
    }
    part.clear();
    map moved(std::move(shards[1]));
    EXPECT_NE(part.hash_of("x"), shards[0].hash_of("x"));
    EXPECT_NE(moved.hash_of("x"), shards[1].hash_of("x")); // NOLINT: what was moved from
}

// What a functor has beside one parameter is its own: a second overload, a default argument.
struct compares_too {
    std::size_t operator()(const std::string& s) const { return std::hash<std::string>{}(s); }
    bool operator()(const std::string& a, const std::string& b) const { return a == b; }
    std::uint64_t operator()(const std::string&, std::uint64_t) const {
        ADD_FAILURE() << "called with a seed that it doesn't want";
        return 0;
    }
};
struct has_a_default {
    std::uint64_t operator()(std::uint64_t k, std::uint64_t mask = ~std::uint64_t{0}) const {
        return k & mask;
    }
};
TEST(maps_keys, a_hash_gets_a_seed_where_it_says_so_alone) {
    ebb::hash_map<std::string, int, compares_too, compares_too> of_text;
    of_text["one"] = 1;
    EXPECT_EQ(of_text.at("one"), 1);
    open_map<std::uint64_t, int, has_a_default> of_numbers;
    for (std::uint64_t n = 0; n < 20'000; ++n) {
        of_numbers[n << 20] = 1;
    }
    EXPECT_LT(of_numbers.passed(), 0.3);
}

/// A function whose results are as good as they come, and one that says nothing of itself.
struct good_hash {
    using is_avalanching = void;
    std::uint64_t operator()(std::uint64_t k) const noexcept {
        return ebb::detail::mix(k, 0x1234567);
    }
};
struct identity_hash {
    std::size_t operator()(std::uint64_t k) const noexcept { return k; }
};
struct seeded_hash {
    using is_seeded = void;
    std::uint64_t operator()(std::uint64_t k, std::uint64_t seed) const noexcept {
        return k + seed;
    }
};

// Taken as it is it would give every map one order.
TEST(maps_keys, a_hash_that_calls_itself_good_is_another_in_each_map) {
    const open_map<std::uint64_t, int, good_hash> map;
    const open_map<std::uint64_t, int, good_hash> other;
    EXPECT_NE(map.hash_of(1), other.hash_of(1));
    open_map<std::uint64_t, std::uint64_t, good_hash> from;
    for (std::uint64_t n = 0; n < 100'000; ++n) {
        from[n] = n;
    }
    open_map<std::uint64_t, std::uint64_t, good_hash> to;
    for (const auto& e : from) {
        to.insert(e);
        if (to.size() % 1024 == 0) {
            ASSERT_LT(to.fullest(), 3 * 2048U) << to.size();
        }
    }
    EXPECT_LT(to.passed(), 0.4);
}

TEST(maps_keys, a_hash_that_takes_a_seed_gets_the_maps_own) {
    const open_map<std::uint64_t, int, seeded_hash> map;
    const open_map<std::uint64_t, int, seeded_hash> other;
    EXPECT_EQ(map.hash_of(7) - map.hash_of(0), 7U);
    EXPECT_NE(map.hash_of(0), other.hash_of(0));
}

TEST(maps_keys, any_other_hash_is_mixed_once_under_the_maps_seed) {
    const open_map<std::uint64_t, int, identity_hash> map;
    const open_map<std::uint64_t, int, identity_hash> other;
    EXPECT_NE(map.hash_of(1), other.hash_of(1));
    int flipped = 0;
    for (unsigned bit = 0; bit < 64; ++bit) { // each bit of a key reaches about half of the hash
        for (std::uint64_t k = 0; k < 16; ++k) {
            flipped += std::popcount(map.hash_of(k) ^ map.hash_of(k ^ std::uint64_t{1} << bit));
        }
    }
    EXPECT_NEAR(flipped / (64 * 16.0), 32, 8);
    // So that an identity costs no more than ebb's own.
    std::vector<double> passed;
    for (int i = 0; i < 30; ++i) {
        open_map<std::uint64_t, int, identity_hash> strided;
        for (std::uint64_t n = 0; n < count; ++n) {
            strided[n << 20] = 1;
        }
        passed.push_back(strided.passed());
    }
    std::sort(passed.begin(), passed.end());
    EXPECT_LT(passed[15], 0.08);
    EXPECT_LT(passed.back(), 0.4);
}

} // namespace
