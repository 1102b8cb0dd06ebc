#include <ebb/maps/hash.h>

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <set>
#include <string>
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
