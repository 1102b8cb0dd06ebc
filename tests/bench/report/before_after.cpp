// The table of two builds, on figures that are known.
#include <ebb/bench/report/before_after.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace ebb::bench;
using testing::HasSubstr;
using testing::Not;

TEST(before_after, ratio_is_the_median_of_the_rounds_ratios) {
    // Round by round .5, .5, .8: a slow round hits both alike.
    const auto ratio = compare_rounds({10, 100, 10}, {5, 50, 8});
    ASSERT_TRUE(ratio);
    EXPECT_DOUBLE_EQ(ratio->ratio, 0.5);
    EXPECT_DOUBLE_EQ(ratio->spread, 0);
    EXPECT_DOUBLE_EQ(compare_rounds({10, 10, 10}, {10, 12, 14})->ratio, 1.2);
    EXPECT_NEAR(compare_rounds({10, 10, 10}, {10, 12, 14})->spread, 0.2, 1e-12);
}

TEST(before_after, only_rounds_that_both_have_count) {
    EXPECT_DOUBLE_EQ(compare_rounds({10, 10, 1}, {20, 20})->ratio, 2);
    EXPECT_FALSE(compare_rounds({}, {1}));
}

TEST(before_after, zeros_are_equal_and_a_rise_from_zero_has_no_ratio) {
    EXPECT_DOUBLE_EQ(compare_rounds({0, 0}, {0, 0})->ratio, 1);
    EXPECT_FALSE(compare_rounds({0}, {3}));
    EXPECT_FALSE(compare_rounds({3}, {-3}));
    EXPECT_DOUBLE_EQ(compare_rounds({3}, {0})->ratio, 0);
}

TEST(before_after, table_has_a_line_a_figure_and_a_rows_name_once) {
    const std::string text =
        before_after_table("old", "new",
                           {{"pair 64 B", "ns", {8, 8, 8}, {4, 4.4, 4}},
                            {"pair 64 B", "instructions", {101.25}, {81}},
                            {"large", "page faults", {}, {}},
                            {"teeth", "page faults", {55194, 55194}, {964337, 964337}},
                            {"alone", "ns", {}, {7.5}}});
    EXPECT_THAT(text, HasSubstr("before: old, after: new: medians; ratio: after over before"));
    EXPECT_THAT(text, HasSubstr("row        figure        before    after   ratio  spread\n"
                                "pair 64 B  ns                 8        4   0.500  ±0.000\n"
                                "           instructions     101       81   0.800       -\n"
                                "teeth      page faults   55,194  964,337  17.472  ±0.000\n"
                                "alone      ns                 -     7.50       -       -\n"));
    EXPECT_THAT(text, Not(HasSubstr("large")));
}
