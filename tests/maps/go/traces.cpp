// Random traces of go_map against std::unordered_map, for every kind of key and value, the account
// compared at each step; and every way for a step to fail.
#include <ebb/maps/go_map.h>

#include <gtest/gtest.h>
#include <tests/maps/counting_arena.h>
#include <tests/support/random.h>

#include <array>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <unordered_map>

namespace {

using arena = tests::counting_arena;
template <std::size_t N>
using bytes = std::array<std::byte, N>;

// Counts who lives; throws from the nth copy on where copies throw.
struct census {
    static inline std::int64_t living = 0;
    static inline std::int64_t copies_left = -1;
    static void copy() {
        if (copies_left == 0) {
            throw std::runtime_error("no copy");
        }
        copies_left -= copies_left > 0 ? 1 : 0;
    }
};

template <std::size_t Padding, bool ThrowingCopy, bool Copyable>
struct counted {
    counted() : counted(0) {}
    explicit counted(std::uint64_t n) : number(new std::uint64_t(n)) { ++census::living; }
    counted(const counted& other) requires Copyable {
        if constexpr (ThrowingCopy) {
            census::copy();
        }
        number = new std::uint64_t(*other.number);
        ++census::living;
    }
    counted(counted&& other) noexcept(!ThrowingCopy) {
        if constexpr (ThrowingCopy) {
            census::copy();
        }
        number = new std::uint64_t(*other.number); // the source must be destroyed all the same
        ++census::living;
    }
    counted& operator=(const counted& other) requires Copyable {
        if constexpr (ThrowingCopy) {
            census::copy();
        }
        *number = *other.number;
        return *this;
    }
    counted& operator=(counted&& other) noexcept(!ThrowingCopy) {
        if constexpr (ThrowingCopy) {
            census::copy();
        }
        *number = *other.number;
        return *this;
    }
    ~counted() {
        delete number;
        --census::living;
    }
    bool operator==(const counted& other) const { return *number == *other.number; }

    std::uint64_t* number;
    bytes<Padding> padding{};
};

using plain = counted<1, false, true>;
using move_only = counted<1, false, false>;
using throwing = counted<1, true, true>;
using large = counted<128, false, true>;
using large_throwing = counted<128, true, true>;

template <class T>
T make(std::uint64_t n) {
    if constexpr (std::is_arithmetic_v<T>) {
        return static_cast<T>(n);
    } else if constexpr (std::same_as<T, std::string>) {
        return (n % 2 == 0 ? "short " : "a string too long to lie in place ") + std::to_string(n);
    } else if constexpr (ebb::detail::is_boxed<T>) {
        return T(make<typename T::element_type>(n));
    } else if constexpr (requires(T t) { t.fill(std::byte{}); }) {
        T t{};
        std::memcpy(t.data(), &n, std::min(sizeof n, sizeof t));
        return t;
    } else {
        return T(n);
    }
}

template <class T>
std::uint64_t number_of(const T& t) {
    if constexpr (std::is_arithmetic_v<T>) {
        return static_cast<std::uint64_t>(t);
    } else if constexpr (std::same_as<T, std::string>) {
        return t.empty() ? 0 : std::stoull(t.substr(t.rfind(' ')));
    } else if constexpr (ebb::detail::is_boxed<T>) {
        return number_of(*t);
    } else if constexpr (requires(T & u) { u.fill(std::byte{}); }) {
        std::uint64_t n = 0;
        std::memcpy(&n, t.data(), std::min(sizeof n, sizeof t));
        return n;
    } else {
        return *t.number;
    }
}

struct hash_number {
    template <class T>
    std::size_t operator()(const T& key) const {
        return number_of(key);
    }
};

// Most keys share a few chains, and tags: overflow, squeezing and long chains come early.
struct hash_badly {
    using is_seeded = void;
    template <class T>
    std::uint64_t operator()(const T& key, std::uint64_t seed) const {
        return ebb::detail::mix(number_of(key) % 3 == 0 ? 1 : number_of(key), seed) & 0x0f00'00ff;
    }
};

template <class K, class V, class H>
struct kind {
    using key = K;
    using value = V;
    using hash = H;
};

template <class Kind>
class go_map_traces : public ::testing::Test {
  protected:
    using key = typename Kind::key;
    using value = typename Kind::value;
    using map_type = ebb::go_map<key, value, typename Kind::hash, std::equal_to<>, arena>;
    using model_type = std::unordered_map<std::uint64_t, std::uint64_t>;

    static void expect_same(const map_type& map, const model_type& model) {
        ASSERT_EQ(map.size(), model.size());
        std::size_t seen = 0;
        for (const auto& [k, v] : map) {
            const auto found = model.find(number_of(k));
            ASSERT_NE(found, model.end());
            ASSERT_EQ(number_of(v), found->second);
            ++seen;
        }
        ASSERT_EQ(seen, model.size());
        map.validate();
    }
};

using kinds = ::testing::Types<
    kind<std::uint64_t, std::uint64_t, hash_number>, kind<std::uint64_t, bytes<128>, hash_number>,
    kind<std::uint64_t, bytes<129>, hash_number>, kind<bytes<129>, std::uint64_t, hash_number>,
    kind<std::string, std::string, ebb::hash<std::string>>,
    kind<std::uint64_t, std::uint64_t, hash_badly>,
    kind<std::uint64_t, ebb::boxed<std::uint64_t>, hash_badly>,
    kind<std::uint64_t, ebb::boxed<plain>, hash_number>, kind<plain, plain, hash_number>,
    kind<move_only, move_only, hash_number>, kind<throwing, throwing, hash_number>,
    kind<plain, throwing, hash_badly>, kind<throwing, ebb::boxed<throwing>, hash_badly>,
    kind<large, large, hash_number>, kind<large_throwing, throwing, hash_badly>,
    kind<std::uint64_t, ebb::boxed<large_throwing>, hash_number>>;
TYPED_TEST_SUITE(go_map_traces, kinds);

// One random step on both; the model follows only where the map's step succeeded.
template <class Map, class Model>
void step(Map& map, Model& model, tests::random_engine& random, std::uint64_t keys) {
    using key = typename Map::key_type;
    using value = typename Map::mapped_type;
    const std::uint64_t k = random() % keys;
    const std::uint64_t n = random() % 1'000'000;
    switch (random() % 16) {
    case 0:
    case 1:
    case 2:
    case 3:
        ASSERT_EQ(map.insert_or_assign(make<key>(k), make<value>(n)).second, !model.contains(k));
        model[k] = n;
        break;
    case 4:
    case 5:
    case 6: {
        const auto [at, inserted] = map.try_emplace(make<key>(k), make<value>(n));
        ASSERT_EQ(number_of(at->first), k);
        ASSERT_EQ(inserted, model.try_emplace(k, n).second);
        break;
    }
    case 7:
    case 8: {
        auto& v = map[make<key>(k)];
        model.try_emplace(k, number_of(v));
        v = make<value>(n);
        model[k] = n;
        break;
    }
    case 9:
    case 10:
    case 11:
    case 12:
    case 13:
        ASSERT_EQ(map.erase(make<key>(k)), model.count(k));
        model.erase(k);
        break;
    case 14:
        ASSERT_EQ(map.contains(make<key>(k)), model.contains(k));
        break;
    default:
        if (random() % 512 == 0) {
            map.clear();
            model.clear();
        }
        break;
    }
}

TYPED_TEST(go_map_traces, agree_with_the_standards_map_and_account_for_every_byte) {
    census::living = 0;
    census::copies_left = -1;
    arena a;
    {
        typename TestFixture::map_type map(a);
        typename TestFixture::model_type model;
        const std::uint64_t seed = tests::new_seed();
        SCOPED_TRACE("EBB_SEED=" + std::to_string(seed));
        tests::random_engine random(seed);
        std::uint64_t keys = 16;
        for (int i = 0; i < (tests::sanitized ? 10000 : 40000); ++i) {
            step(map, model, random, keys);
            ASSERT_EQ(map.footprint().total(), a.read().requested) << i;
            ASSERT_EQ(map.composition().total(), a.read().requested) << i;
            if (i % 1000 == 0) {
                this->expect_same(map, model);
                keys = random() % 3000 + 1;
            }
        }
        this->expect_same(map, model);
    }
    EXPECT_EQ(a.read().requested, 0U);
    EXPECT_EQ(census::living, 0);
}

// Steps of which every allocation, and every copy that can throw, fails in turn, until one goes
// through: elements and account stand, and the map goes on from there.
TYPED_TEST(go_map_traces, survive_every_failure) {
    census::living = 0;
    census::copies_left = -1;
    arena a;
    {
        typename TestFixture::map_type map(a);
        typename TestFixture::model_type model;
        const std::uint64_t seed = tests::new_seed();
        SCOPED_TRACE("EBB_SEED=" + std::to_string(seed));
        tests::random_engine random(seed);
        int failures = 0;
        for (int i = 0; i < 1500; ++i) {
            const bool copies = i % 2 == 0;
            for (std::int64_t after = 0;; ++after) {
                tests::random_engine same = random;
                const typename TestFixture::model_type before = model;
                bool failed = false;
                census::copies_left = copies ? after : -1;
                a.fail_after(copies ? arena::never : static_cast<std::uint64_t>(after));
                try {
                    step(map, model, same, 600);
                } catch (const std::bad_alloc&) {
                    failed = true;
                } catch (const std::runtime_error&) {
                    failed = true;
                }
                census::copies_left = -1;
                a.fail_after(arena::never);
                ASSERT_EQ(map.footprint().total(), a.read().requested);
                ASSERT_EQ(map.composition().total(), a.read().requested);
                if (!failed) {
                    random = same;
                    break;
                }
                ++failures;
                ASSERT_LT(after, 10000);
                // A step that failed may have added a fresh element (operator[], then the
                // assignment that threw); nothing else.
                if (model != before || map.size() != before.size()) {
                    model = before;
                    for (const auto& [k, v] : map) {
                        model.try_emplace(number_of(k), number_of(v));
                    }
                    ASSERT_LE(model.size(), before.size() + 1);
                }
                this->expect_same(map, model);
            }
        }
        this->expect_same(map, model);
        EXPECT_GT(failures, 0);
    }
    EXPECT_EQ(a.read().requested, 0U);
    EXPECT_EQ(census::living, 0);
}

} // namespace
