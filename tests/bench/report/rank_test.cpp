#include <ebb/bench/report/rank_test.h>

#include <gtest/gtest.h>
#include <tests/support/random.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

using namespace ebb::bench;

namespace {

// How far the sum of a's ranks lies from its mean, pairs counted one by one: |U - ab/2|.
double distance(const std::vector<double>& a, const std::vector<double>& b) {
    double u = 0;
    for (const double x : a) {
        for (const double y : b) {
            u += x > y ? 1 : x == y ? 0.5 : 0;
        }
    }
    return std::abs(u - static_cast<double>(a.size() * b.size()) / 2);
}

// The same question answered by going through every way to deal the values out.
double naive(const std::vector<double>& a, const std::vector<double>& b) {
    std::vector<double> all = a;
    all.insert(all.end(), b.begin(), b.end());
    const double seen = distance(a, b);
    double far = 0;
    double ways = 0;
    for (std::uint32_t set = 0; set < (1u << all.size()); ++set) {
        std::vector<double> x;
        std::vector<double> y;
        for (std::size_t i = 0; i < all.size(); ++i) {
            ((set >> i & 1) != 0 ? x : y).push_back(all[i]);
        }
        if (x.size() == a.size()) {
            ways += 1;
            far += distance(x, y) >= seen ? 1 : 0;
        }
    }
    return far / ways;
}

std::vector<double> steps(std::size_t count, double from) {
    std::vector<double> values;
    for (std::size_t i = 0; i < count; ++i) {
        values.push_back(from + static_cast<double>(i));
    }
    return values;
}

} // namespace

TEST(rank_test, sets_apart_have_the_smallest_probability) {
    EXPECT_DOUBLE_EQ(rank_test(steps(5, 0), steps(5, 100)), 2.0 / 252);
    EXPECT_DOUBLE_EQ(rank_test(steps(7, 100), steps(7, 0)), 2.0 / 3432);
    EXPECT_DOUBLE_EQ(rank_test(steps(3, 0), steps(3, 100)), 0.1);
}

TEST(rank_test, equal_sets_and_empty_ones_tell_nothing) {
    EXPECT_DOUBLE_EQ(rank_test({4, 4, 4}, {4, 4, 4}), 1);
    EXPECT_DOUBLE_EQ(rank_test(steps(5, 0), steps(5, 0)), 1);
    EXPECT_DOUBLE_EQ(rank_test({}, {1, 2}), 1);
}

TEST(rank_test, agrees_with_every_deal_counted_ties_included) {
    const std::uint64_t seed = tests::new_seed();
    SCOPED_TRACE("EBB_SEED=" + std::to_string(seed));
    tests::random_engine random(seed);
    for (int round = 0; round < 50; ++round) {
        std::vector<double> a(1 + tests::below(random, 6));
        std::vector<double> b(1 + tests::below(random, 6));
        for (auto* const set : {&a, &b}) {
            for (double& value : *set) {
                value = static_cast<double>(tests::below(random, 8));
            }
        }
        EXPECT_NEAR(rank_test(a, b), naive(a, b), 1e-12);
    }
}

TEST(rank_test, approximation_meets_the_exact_value) {
    std::vector<double> a = steps(20, 0);
    const std::vector<double> b = steps(20, 6.5);
    const double exact = rank_test(a, b);
    a.push_back(9.7); // 420 pairs: no longer exact
    EXPECT_NEAR(rank_test(a, b), exact, 0.02);
    EXPECT_DOUBLE_EQ(rank_test(std::vector<double>(30, 1.0), std::vector<double>(30, 1.0)), 1);
    EXPECT_LT(rank_test(steps(30, 0), steps(30, 1000)), 1e-9);
}

TEST(holm, smallest_is_corrected_most) {
    EXPECT_EQ(holm({}), std::vector<double>{});
    const std::vector<double> corrected = holm({0.04, 0.01, 0.03});
    EXPECT_DOUBLE_EQ(corrected[1], 0.03);
    EXPECT_DOUBLE_EQ(corrected[2], 0.06);
    EXPECT_DOUBLE_EQ(corrected[0], 0.06); // no smaller than the one before it
    EXPECT_DOUBLE_EQ(holm({0.7, 0.9})[0], 1);
}

TEST(fewest_runs, is_what_the_smallest_probability_allows) {
    EXPECT_EQ(fewest_runs(1, 0.05), 4u);
    EXPECT_EQ(fewest_runs(4, 0.05), 5u);
    EXPECT_EQ(fewest_runs(7, 0.05), 6u);
}
