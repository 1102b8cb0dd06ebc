// What the map suite counts: its columns, blocks and shares, on figures that are known.
#include <ebb/bench/peers/counts.h>
#include <ebb/bench/peers/eighths.h>
#include <ebb/bench/report/peers.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tests/bench/map_result.h>

#include <string>
#include <vector>

using namespace ebb::bench;
using namespace ebb::bench::peers;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(map_plan, small_maps_have_the_saw_tooth_of_an_eighth_alone) {
    map_choice c{{}, {key_kind::random}, {1'000'000}, {1'000}, {8}};
    map_plan plan = make_map_plan(c, std::nullopt);
    EXPECT_THAT(plan.blocks, ElementsAre(million, thousand));
    EXPECT_TRUE(plan.has(thousand, column_of("eighth")));
    EXPECT_FALSE(plan.has(million, column_of("eighth")));
    EXPECT_FALSE(plan.has(thousand, column_of("hit")));
    EXPECT_TRUE(plan.has(million, column_of("hit")));
    c.only = {"hit"};
    EXPECT_THAT(make_map_plan(c, std::nullopt).blocks, ElementsAre(million));
    c.only = {"eighths"};
    EXPECT_THAT(make_map_plan(c, std::nullopt).blocks, ElementsAre(thousand));
    c.small_counts = {};
    plan = make_map_plan(c, std::nullopt);
    EXPECT_THAT(plan.blocks, ElementsAre(million));
    EXPECT_TRUE(plan.has(million, column_of("eighth")));
}

TEST(map_plan, counts_can_be_left_out) {
    map_choice c{{}, {key_kind::random}, {1'000}, {}, {8}};
    c.counted = false;
    for (const column& at : make_map_plan(c, std::nullopt).wanted) {
        EXPECT_EQ(at.by, said_by::rounds) << at.key;
    }
    c.counted = true;
    EXPECT_EQ(make_map_plan(c, std::nullopt).wanted.size(), columns().size());
}

TEST(map_plan, loops_of_look_ups_have_a_number_of_operations_by_the_entries_alone) {
    EXPECT_EQ(operations_of(thousand, false), 10'000'000u);
    EXPECT_EQ(operations_of(million, false), 4'000'000u);
    EXPECT_EQ(operations_of(million, true), 1'000'000u);
}

TEST(map_counts, are_an_operation_s_a_tooth_s_or_a_whole_loop_s) {
    EXPECT_EQ(share_of(column_of("hit-instructions"), 100'000), 100'000);
    EXPECT_EQ(share_of(column_of("eighth-madvise"), 1'000), 800); // 100,000 / 125 teeth
    EXPECT_EQ(share_of(column_of("insert-madvise"), 1'000'000), 1);
    EXPECT_EQ(keys_of_tooth(100), 12u);
    EXPECT_EQ(teeth_that_count(1'000'000), 16u);
    EXPECT_EQ(keys_of_tooth(3), 1u);
}

TEST(map_counts, are_shown_whole_and_without_a_spread) {
    map_result r = result_of({"insert-faults", "insert-instructions"}, {million});
    r.values[million]["insert-faults"]["hash_map"] = {58849};
    r.values[million]["insert-instructions"]["hash_map"] = {46.25};
    const std::string text = maps_table(r);
    EXPECT_THAT(text, HasSubstr(" 58849  "));
    EXPECT_THAT(text, HasSubstr(" 46.2\n"));
}
