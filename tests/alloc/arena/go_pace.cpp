#include <ebb/alloc/arena/go_pace.h>

#include <gtest/gtest.h>

namespace {

using ebb::mib;

TEST(go_pace, the_first_collection_waits_for_four_mebibytes) {
    ebb::go_pace pace;
    EXPECT_FALSE(pace.handed_out(3 * mib));
    EXPECT_TRUE(pace.handed_out(mib));
}

TEST(go_pace, a_heap_may_double_before_the_next_collection) {
    for (const std::uint64_t live : {8 * mib, 100 * mib, 1000 * mib}) {
        ebb::go_pace pace;
        pace.collected(live);
        // Doubled, give or take a tenth.
        EXPECT_GT(pace.trigger(), live + live / 10 * 9);
        EXPECT_LT(pace.trigger(), live + live / 10 * 11 + mib);
        EXPECT_FALSE(pace.handed_out(live / 10 * 9 - mib));
        EXPECT_TRUE(pace.handed_out(live / 10 * 2 + 2 * mib));
    }
}

} // namespace
