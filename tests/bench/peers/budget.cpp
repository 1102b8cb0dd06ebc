// The map suite's part of the budget: what is in it, and what it is called.
#include <ebb/bench/peers/budgeted.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tests/bench/map_result.h>

#include <string>
#include <vector>

using namespace ebb::bench;
using namespace ebb::bench::peers;

TEST(map_budget, holds_what_is_counted_of_the_two_maps) {
    const map_plan plan = budget_plan();
    for (const column& c : plan.wanted) {
        EXPECT_EQ(c.in, unit::count) << c.key;
    }
    EXPECT_THAT(plan.blocks, testing::Contains(million));
    EXPECT_THAT(plan.blocks, testing::Contains(thousand));
}

TEST(map_budget, rows_are_called_by_map_operation_and_size) {
    map_result r = result_of(
        {"insert", "insert-instructions", "insert-faults", "insert-calls", "eighth-madvise"}, {});
    r.values[million]["insert"]["hash_map"] = {99};
    r.values[million]["insert-instructions"]["hash_map"] = {300};
    r.values[million]["insert-faults"]["hash_map"] = {5000};
    r.values[million]["insert-calls"]["hash_map"] = {7};
    r.values[thousand]["eighth-madvise"]["hash_map"] = {3};
    const row_figures all = figures_of(r);
    EXPECT_EQ(all,
              (row_figures{{"hash_map insert x 8", {{"instructions", 300}, {"page_faults", 5000}}},
                           {"hash_map eighth 1000 x 8", {{"madvise_calls", 3 * 800}}}}));
}
