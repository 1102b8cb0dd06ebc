#include <ebb/maps/hash.h>
#include <ebb/maps/hash_map.h>
#include <ebb/maps/hash_set.h>

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory_resource>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace {

// How far `count` hashes in `cells` cells are from chance, in standard deviations.
template <class Hash>
double deviation(std::size_t count, std::size_t cells, const Hash& cell_of) {
    std::vector<double> filled(cells, 0);
    for (std::size_t i = 0; i < count; ++i) {
        ++filled[cell_of(i)];
    }
    const double mean = static_cast<double>(count) / static_cast<double>(cells);
    double chi = 0;
    for (const double n : filled) {
        chi += (n - mean) * (n - mean) / mean;
    }
    const auto freedom = static_cast<double>(cells - 1);
    return std::abs(chi - freedom) / std::sqrt(2 * freedom);
}

TEST(hash, spreads_keys_in_order_as_chance_would) {
    const ebb::hash<std::uint64_t> hash;
    for (const std::uint64_t seed : {0U, 1U, 0x12345678U, 0xffffffffU}) {
        for (const std::uint64_t step :
             {std::uint64_t{1}, std::uint64_t{8}, std::uint64_t{4096}, std::uint64_t{1} << 40}) {
            // Buckets are chosen by low bits, tags by high ones: neither too even nor too uneven.
            EXPECT_LT(deviation(1 << 18, 1 << 15,
                                [&](std::size_t i) { return hash(i * step, seed) % (1U << 15); }),
                      6)
                << seed << ' ' << step;
            EXPECT_LT(
                deviation(1 << 18, 256, [&](std::size_t i) { return hash(i * step, seed) >> 56; }),
                6)
                << seed << ' ' << step;
        }
    }
}

TEST(hash, spreads_strings_and_byte_arrays_as_chance_would) {
    const ebb::hash<std::string> of_string;
    const ebb::hash<std::array<std::byte, 129>> of_bytes;
    EXPECT_LT(deviation(1 << 16, 1 << 12,
                        [&](std::size_t i) {
                            return of_string("user:" + std::to_string(i), 7) % (1U << 12);
                        }),
              6);
    EXPECT_LT(deviation(1 << 16, 1 << 12,
                        [&](std::size_t i) {
                            std::array<std::byte, 129> key{};
                            key[i % 129] = static_cast<std::byte>(i / 129);
                            key[(i + 64) % 129] = static_cast<std::byte>(i / 129 / 256 + 1);
                            return of_bytes(key, 7) % (1U << 12);
                        }),
              6);
}

TEST(hash, every_bit_of_key_and_seed_flips_half_of_the_result) {
    const ebb::hash<std::uint64_t> hash;
    for (unsigned bit = 0; bit < 64; ++bit) {
        int by_key = 0;
        int by_seed = 0;
        for (std::uint64_t i = 0; i < 256; ++i) {
            by_key += std::popcount(hash(i, 5) ^ hash(i ^ std::uint64_t{1} << bit, 5));
            by_seed += std::popcount(hash(i, 5) ^ hash(i, 5 ^ std::uint64_t{1} << bit));
        }
        EXPECT_NEAR(by_key / 256.0, 32, 2) << bit;
        EXPECT_NEAR(by_seed / 256.0, 32, 2) << bit;
    }
}

TEST(hash, strings_of_every_length_differ) {
    std::set<std::uint64_t> seen;
    const ebb::hash<std::string_view> hash;
    const std::string zeroes(200, '\0');
    for (std::size_t length = 0; length <= zeroes.size(); ++length) {
        EXPECT_TRUE(seen.insert(hash(std::string_view(zeroes).substr(0, length), 1)).second);
        for (std::size_t at = 0; at < length; ++at) {
            std::string one = zeroes.substr(0, length);
            one[at] = 'x';
            EXPECT_TRUE(seen.insert(hash(one, 1)).second) << length << ' ' << at;
        }
    }
}

// Text of sixteen bytes and more whose words are the hash's own constants, 0 and 1 and what differs
// by these from them: a product of 0, or by 1, or of two factors that change places would make all
// the rest count for nothing.
TEST(hash, no_words_that_anybody_can_write_make_text_collide) {
    using namespace ebb::detail;
    std::vector<std::uint64_t> words{0, 1, ~std::uint64_t{0}, hash_a, hash_b, hash_c};
    for (const std::uint64_t a : {hash_a, hash_b, hash_c}) {
        words.insert(words.end(), {a ^ 1, ~a, a ^ hash_a, a ^ hash_b ^ 1, 0 - a});
    }
    const ebb::hash<std::string_view> hash;
    const auto of = [&](std::uint64_t seed, std::initializer_list<std::uint64_t> text) {
        return hash(std::string_view(reinterpret_cast<const char*>(text.begin()), text.size() * 8),
                    seed);
    };
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const std::uint64_t secret = mix(seed, 99);
        for (const std::uint64_t word : words) {
            std::set<std::uint64_t> seen;
            std::size_t count = 0;
            for (std::uint64_t n = 0; n < 50; ++n) {
                for (const auto text : {std::array{word, n, n, n}, std::array{n, word, n, n},
                                        std::array{word, n, word, n}, std::array{n, n, word, ~n},
                                        std::array{n, n, n, word}}) {
                    seen.insert(of(secret, {text[0], text[1], text[2], text[3]}));
                    ++count;
                }
                seen.insert(of(secret, {word, ~n}));
                seen.insert(of(secret, {n + 100, word}));
                seen.insert(of(secret, {n ^ word, word ^ (n + 1), 7}));
                seen.insert(of(secret, {word ^ (n + 1), n ^ word, 7}));
                count += 4;
            }
            // Some texts are the same text.
            EXPECT_GE(seen.size(), count - 2 * 5) << std::hex << seed << ' ' << word;
        }
    }
}

// A type that converts to text or to a number may have an equality of its own, and then its
// std::hash goes with that.
struct header_name {
    std::string text;
    operator std::string_view() const { return text; } // NOLINT: that is the point
    static std::string lower(std::string s) {
        for (char& c : s) {
            c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        }
        return s;
    }
    bool operator==(const header_name& other) const { return lower(text) == lower(other.text); }
};
enum class suit : int {};
bool operator==(suit a, suit b) {
    return static_cast<int>(a) % 4 == static_cast<int>(b) % 4;
}

} // namespace

template <>
struct std::hash<header_name> {
    std::size_t operator()(const header_name& n) const {
        return std::hash<std::string>{}(header_name::lower(n.text));
    }
};
template <>
struct std::hash<suit> {
    std::size_t operator()(suit s) const { return static_cast<std::size_t>(s) % 4; }
};
template <>
struct std::hash<std::pair<suit, int>> {
    std::size_t operator()(const std::pair<suit, int>&) const { return 5; }
};

namespace {

TEST(hash, a_types_own_std_hash_decides) {
    EXPECT_EQ(ebb::hash<header_name>{}({"Host"}, 3), ebb::hash<header_name>{}({"HOST"}, 3));
    EXPECT_EQ(ebb::hash<suit>{}(suit{1}, 3), ebb::hash<suit>{}(suit{5}, 3));
    EXPECT_EQ((ebb::hash<std::pair<suit, int>>{}({suit{1}, 2}, 3)),
              (ebb::hash<std::pair<suit, int>>{}({suit{2}, 9}, 3)));
    ebb::hash_map<header_name, int> m;
    m[{"Host"}] = 1;
    m[{"HOST"}] = 2;
    EXPECT_EQ(m.size(), 1U);
    ebb::hash_set<suit> s{suit{1}, suit{5}, suit{2}};
    EXPECT_EQ(s.size(), 2U);
}

TEST(hash, takes_every_text_and_tuples) {
    EXPECT_NE(ebb::hash<std::wstring>{}(L"a", 3), ebb::hash<std::wstring>{}(L"b", 3));
    EXPECT_EQ(ebb::hash<std::u16string>{}(u"ab", 3), ebb::hash<std::u16string_view>{}(u"ab", 3));
    EXPECT_EQ(ebb::hash<std::pmr::string>{}("ab", 3), ebb::hash<std::string>{}("ab", 3));
    using row = std::tuple<int, std::string, std::pair<int, char>>;
    EXPECT_NE(ebb::hash<row>{}({1, "x", {2, 'c'}}, 3), ebb::hash<row>{}({1, "y", {2, 'c'}}, 3));
    EXPECT_NE(ebb::hash<row>{}({1, "x", {2, 'c'}}, 3), ebb::hash<row>{}({1, "x", {2, 'd'}}, 3));
    EXPECT_EQ(ebb::hash<std::tuple<>>{}({}, 3), ebb::hash<std::tuple<>>{}({}, 3));
}

TEST(hash, alike_keys_hash_alike_whatever_holds_them) {
    const std::string text = "the same text, in two types";
    EXPECT_EQ(ebb::hash<std::string>{}(text, 3), ebb::hash<std::string_view>{}(text, 3));
    enum class colour : std::uint8_t { red = 1 };
    EXPECT_EQ(ebb::hash<colour>{}(colour::red, 3), ebb::hash<int>{}(1, 3));
    EXPECT_NE((ebb::hash<std::pair<int, int>>{}({1, 2}, 3)),
              (ebb::hash<std::pair<int, int>>{}({2, 1}, 3)));
    EXPECT_EQ(ebb::hash<double>{}(0.0, 3), ebb::hash<double>{}(-0.0, 3));
}

} // namespace
