// hash_map's own: memory that follows size, steps that are bounded, iteration that survives
// erasing.
#include <ebb/alloc/base/bytes.h>
#include <ebb/maps/hash_map.h>
#include <ebb/maps/hash_set.h>
#include <ebb/maps/node_hash_map.h>

#include <gtest/gtest.h>
#include <tests/support/random.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace {

using namespace tests;

template <std::size_t Bytes>
using bytes = std::array<char, Bytes>;

/// What waits in a map of several segments that isn't empty, at least, and the chunks' book.
constexpr std::uint64_t waits = 320 * ebb::kib;

template <class Map>
class hash_growth : public ::testing::Test {
  public:
    static typename Map::value_type element(std::uint64_t k) {
        using value = typename Map::mapped_type;
        value v{};
        if constexpr (std::is_same_v<value, std::string>) {
            v = "longer than a string keeps in place: " + std::to_string(k);
        } else {
            v[0] = static_cast<char>(k);
        }
        return {k, v};
    }
};

using maps = ::testing::Types<
    ebb::hash_map<std::uint64_t, bytes<8>>, ebb::hash_map<std::uint64_t, bytes<128>>,
    ebb::hash_map<std::uint64_t, std::string>, ebb::node_hash_map<std::uint64_t, bytes<64>>,
    ebb::pmr::hash_map<std::uint64_t, bytes<8>>, ebb::pmr::hash_map<std::uint64_t, bytes<128>>>;
TYPED_TEST_SUITE(hash_growth, maps);

TYPED_TEST(hash_growth, grows_and_gives_all_back) {
    constexpr std::uint64_t count = 60'000;
    TypeParam map;
    for (std::uint64_t k = 0; k < count; ++k) {
        ASSERT_TRUE(map.insert(this->element(k)).second);
    }
    map.validate();
    const std::uint64_t full = map.footprint().total();
    for (std::uint64_t k = 0; k < count; ++k) {
        if (k % 100 != 0) {
            ASSERT_EQ(map.erase(k), 1U);
        }
    }
    map.validate();
    // Every hundredth node keeps a page of 57, or 5 of 9.
    const bool in_nodes = map.footprint().nodes != 0;
    EXPECT_LT(map.footprint().total(), (in_nodes ? full * 5 / 8 : full / 40) + waits);
    for (std::uint64_t k = 0; k < count; ++k) {
        ASSERT_EQ(map.contains(k), k % 100 == 0);
    }
    for (std::uint64_t k = 0; k < count; k += 100) {
        map.erase(k);
    }
    map.validate();
    EXPECT_EQ(map.footprint().total(), 0U);
}

// The largest footprint at any size between `least` and `most`, over the elements' own bytes. What
// may wait is not counted: so many bytes, and while the map shrinks a 32nd of the elements'.
struct ratios {
    double growing = 0;
    double shrinking = 0;
};
template <std::size_t Bytes>
ratios largest_ratios(std::uint64_t least, std::uint64_t most, std::uint64_t waiting) {
    ebb::hash_map<std::uint64_t, bytes<Bytes>> map;
    ratios largest;
    const auto look = [&](double& into, std::uint64_t part) {
        if (map.size() >= least) {
            const std::uint64_t own = map.size() * (8 + Bytes);
            const std::uint64_t total = map.footprint().total();
            const std::uint64_t waits_now = std::min(total, std::max(waiting, own / 32 * part));
            into =
                std::max(into, static_cast<double>(total - waits_now) / static_cast<double>(own));
        }
    };
    for (std::uint64_t k = 0; k < most; ++k) {
        map.try_emplace(k);
        look(largest.growing, 0);
    }
    for (std::uint64_t k = 0; k < most; ++k) {
        map.erase(k);
        look(largest.shrinking, 1);
    }
    return largest;
}

// The bounds of hash_map.h, and a little for the seed.
TEST(hash_map_bytes, stay_near_small_elements_at_every_size) {
    const ratios large = largest_ratios<8>(100'000, 400'000, 0);
    EXPECT_LT(large.growing, 1.7);
    EXPECT_LT(large.shrinking, 2.45);
    const ratios small = largest_ratios<8>(3000, 100'000, waits);
    EXPECT_LT(small.growing, 1.7);
    EXPECT_LT(small.shrinking, 2.4);
    const ratios alone = largest_ratios<8>(200, 3000, waits);
    EXPECT_LT(alone.growing, 2.1);
    EXPECT_LT(alone.shrinking, 4.2);
}
TEST(hash_map_bytes, stay_near_large_elements_at_every_size) {
    const ratios large = largest_ratios<128>(60'000, 150'000, 0);
    EXPECT_LT(large.growing, 1.07);
    EXPECT_LT(large.shrinking, 1.13);
    const ratios small = largest_ratios<128>(1000, 60'000, 0);
    EXPECT_LT(small.growing, 1.14);
    const ratios emptying = largest_ratios<128>(1000, 60'000, waits);
    EXPECT_LT(emptying.shrinking, 1.22);
}

TYPED_TEST(hash_growth, erasing_while_iterating_sees_each_element_once) {
    for (const std::uint64_t keep_every : {1U, 2U, 7U, 1000U}) {
        constexpr std::uint64_t count = 30'000;
        TypeParam map;
        for (std::uint64_t k = 0; k < count; ++k) {
            map.insert(this->element(k));
        }
        std::unordered_set<std::uint64_t> seen;
        for (auto it = map.begin(); it != map.end();) {
            ASSERT_TRUE(seen.insert(it->first).second);
            if (it->first % keep_every != 0 || keep_every == 1) {
                it = map.erase(it);
            } else {
                ++it;
            }
        }
        EXPECT_EQ(seen.size(), count);
        map.validate();
        EXPECT_EQ(map.size(), keep_every == 1 ? 0 : (count + keep_every - 1) / keep_every);
    }
}

TYPED_TEST(hash_growth, random_steps_agree_with_a_model_at_every_step) {
    for (const std::uint64_t seed : {1U, 2U}) {
        SCOPED_TRACE(seed);
        random_engine random(seed);
        TypeParam map;
        std::unordered_map<std::uint64_t, typename TypeParam::mapped_type> model;
        for (int step = 0; step < 4000; ++step) {
            const bool growing = step / 1000 % 2 == 0;
            const auto e = this->element(below(random, 3000));
            if (below(random, 10) < (growing ? 8U : 2U)) {
                ASSERT_EQ(map.insert(e).second, model.insert(e).second);
            } else if (below(random, 4) == 0) {
                const auto it = map.find(e.first);
                if (it != map.end()) {
                    map.erase(it);
                }
                model.erase(e.first);
            } else {
                ASSERT_EQ(map.erase(e.first), model.erase(e.first));
            }
            ASSERT_EQ(map.size(), model.size());
            if (step % 7 == 0) {
                map.validate();
            }
        }
        const TypeParam copy(map);
        copy.validate();
        EXPECT_TRUE(copy == map);
        for (const auto& [key, value] : model) {
            ASSERT_EQ(copy.at(key), value);
        }
    }
}

} // namespace
