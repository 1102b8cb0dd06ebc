// Which rows run how often, which of them the budget holds.
#include <ebb/bench/malloc/budgeted.h>
#include <ebb/bench/malloc/plan.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tests/bench/malloc/keys.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace ebb::bench;
using namespace ebb::bench::suite;
using testing::Contains;
using testing::ElementsAre;
using testing::Not;
using testing::Pair;
using tests::keys_of;

TEST(suite_plan, iterations_are_fixed_and_fewer_where_instructions_are_counted) {
    scratch inputs;
    for (const task& t : make_suite_plan({{}, true}, std::nullopt, inputs).tasks) {
        if (t.kind == task_kind::micro) {
            EXPECT_GT(t.iterations, 0u) << t.name;
            EXPECT_TRUE(t.counted_iterations > 0 || t.budget == in_budget::no) << t.name;
            EXPECT_LE(t.counted_iterations, t.iterations) << t.name;
        }
    }
}

TEST(suite_plan, teeth_of_minutes_run_only_when_they_are_asked_for) {
    scratch inputs;
    const auto has_teeth = [&](const suite_choice& c) {
        const auto keys = keys_of(make_suite_plan(c, std::nullopt, inputs));
        return std::find(keys.begin(), keys.end(), "teeth-10-cpu") != keys.end();
    };
    suite_choice c;
    c.quick = true;
    EXPECT_FALSE(has_teeth(c));
    c.full = true;
    EXPECT_TRUE(has_teeth(c));
    c.full = false;
    c.only = {"teeth"};
    EXPECT_TRUE(has_teeth(c));
}

TEST(suite_budget, holds_what_repeats_of_the_rows_that_it_covers) {
    scratch inputs;
    suite_choice c;
    c.only = {"pair-64", "threads-4", "grow"};
    const suite_plan plan = only_budgeted(make_suite_plan(c, std::nullopt, inputs));
    EXPECT_THAT(keys_of(plan), Not(Contains("threads-4")));
    suite_result r;
    r.values["pair-64"]["ebb"] = {{4.8}, {4.8}, {}, {3}, std::nullopt, 101.5};
    r.values["grow-faults"]["ebb"].runs = {250'000};
    r.values["grow-instructions"]["ebb"].runs = {116};
    r.values["grow-cpu"]["ebb"].runs = {1.5};
    const row_figures all = figures_of(r, plan, "ebb");
    EXPECT_THAT(all.at("pair-64"),
                ElementsAre(Pair("instructions", 101.5), Pair("page_faults", 3)));
    EXPECT_THAT(all.at("grow"),
                ElementsAre(Pair("instructions", 116), Pair("page_faults", 250'000)));
    EXPECT_EQ(all.size(), 2u);
}
