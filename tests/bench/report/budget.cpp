// The budget's check and its renewal, on figures that are known.
#include <ebb/bench/process/scratch.h>
#include <ebb/bench/report/budget.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

using namespace ebb::bench;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

const budget limits{{"pair", {{"instructions", {100, 0.5}}, {"page_faults", {10, 4}}}}};

row_figures pair_of(double instructions, double page_faults) {
    return {{"pair", {{"instructions", instructions}, {"page_faults", page_faults}}}};
}

std::string text_of(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string what_is_thrown(const std::string& path) {
    try {
        (void)read_budget(path, "malloc");
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "nothing";
}

} // namespace

TEST(budget, figures_within_the_tolerance_pass) {
    EXPECT_THAT(check_budget(limits, pair_of(100.5, 14)), IsEmpty());
    EXPECT_THAT(check_budget(limits, pair_of(12, 0)), IsEmpty());
}

TEST(budget, figure_above_the_tolerance_is_named_with_its_limit) {
    EXPECT_THAT(check_budget(limits, pair_of(100.6, 14)),
                ElementsAre("pair: instructions: 100.6, above 100 + 0.5"));
    EXPECT_THAT(check_budget(limits, pair_of(100, 15)),
                ElementsAre("pair: page_faults: 15, above 10 + 4"));
}

TEST(budget, figure_that_one_side_lacks_is_named) {
    EXPECT_THAT(check_budget(limits, {{"pair", {{"instructions", 100}}}}),
                ElementsAre("pair: page_faults: in the budget, but not measured"));
    row_figures more = pair_of(100, 10);
    more["new"]["instructions"] = 7;
    EXPECT_THAT(check_budget(limits, more), ElementsAre("new: instructions: 7, not in the budget"));
}

TEST(budget, is_made_of_the_median_and_twice_the_largest_distance) {
    const budget made = make_budget({pair_of(100, 1000), pair_of(104, 1000), pair_of(101, 1000)});
    EXPECT_DOUBLE_EQ(made.at("pair").at("instructions").most, 101);
    EXPECT_DOUBLE_EQ(made.at("pair").at("instructions").tolerance, 6);
    // Nothing differs: the floor, 4 pages and half a percent.
    EXPECT_DOUBLE_EQ(made.at("pair").at("page_faults").tolerance, 9);
    EXPECT_DOUBLE_EQ(make_budget({pair_of(200, 0)}).at("pair").at("instructions").tolerance, 1);
    for (const row_figures& run : {pair_of(100, 1000), pair_of(104, 1000)}) {
        EXPECT_THAT(check_budget(made, run), IsEmpty());
    }
}

TEST(budget, figure_that_a_run_lacks_is_left_out) {
    const budget made = make_budget({pair_of(100, 1), {{"pair", {{"instructions", 100}}}}});
    EXPECT_EQ(made.at("pair").count("instructions"), 1u);
    EXPECT_EQ(made.at("pair").count("page_faults"), 0u);
}

TEST(budget, renewed_suite_leaves_the_other_as_it_was) {
    scratch files;
    const std::string path = files.path("budget.json");
    write_budget(path, "maps", {{"insert", {{"instructions", {500, 3}}}}});
    write_budget(path, "malloc", {{"old", {{"instructions", {1, 1}}}}});
    write_budget(path, "malloc", limits);
    EXPECT_DOUBLE_EQ(read_budget(path, "maps").at("insert").at("instructions").most, 500);
    const budget read = read_budget(path, "malloc");
    EXPECT_EQ(read.size(), 1u);
    EXPECT_DOUBLE_EQ(read.at("pair").at("page_faults").tolerance, 4);
    EXPECT_THAT(read_budget(path, "other"), IsEmpty());
}

TEST(budget, file_that_is_none_is_refused_and_left_alone) {
    scratch files;
    const std::string path = files.path("budget.json");
    EXPECT_THAT(what_is_thrown(path), HasSubstr("budget.json: can't be read"));
    std::ofstream(path) << "[1, 2]\n";
    EXPECT_THAT(what_is_thrown(path), HasSubstr("not a JSON object of suites"));
    EXPECT_THROW(write_budget(path, "malloc", limits), std::runtime_error);
    EXPECT_EQ(text_of(path), "[1, 2]\n");
    std::ofstream(path) << R"({"malloc": {"pair": {"instructions": {"most": "x"}}}})";
    EXPECT_THAT(what_is_thrown(path), HasSubstr("lacks the numbers `most` and `tolerance`"));
    EXPECT_THROW(write_budget("/nowhere/budget.json", "malloc", limits), std::runtime_error);
}
