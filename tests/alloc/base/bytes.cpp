#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/base/intrusive_list.h>

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <vector>

namespace {

TEST(bytes, align_up_is_the_least_multiple_not_below) {
    for (std::size_t alignment = 1; alignment <= 64; alignment *= 2) {
        for (std::size_t bytes = 0; bytes <= 200; ++bytes) {
            const std::size_t up = ebb::align_up(bytes, alignment);
            ASSERT_EQ(up % alignment, 0U);
            ASSERT_GE(up, bytes);
            ASSERT_LT(up, bytes + alignment);
            const std::size_t down = ebb::align_down(bytes, alignment);
            ASSERT_EQ(down % alignment, 0U);
            ASSERT_LE(down, bytes);
            ASSERT_GT(down + alignment, bytes);
        }
    }
}

TEST(bytes, align_up_beyond_size_t_wraps_to_less) {
    constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
    EXPECT_EQ(ebb::align_up(most, 4096), 0U);
    EXPECT_EQ(ebb::align_up(most - 4095, 4096), most - 4095);
}

TEST(bytes, an_alignment_is_a_power_of_two) {
    EXPECT_TRUE(ebb::is_alignment(1));
    EXPECT_TRUE(ebb::is_alignment(4096));
    EXPECT_FALSE(ebb::is_alignment(0));
    EXPECT_FALSE(ebb::is_alignment(24));
}

TEST(bytes, addresses_move_and_measure) {
    alignas(64) std::byte block[128];
    EXPECT_EQ(ebb::advance(block, 5), block + 5);
    EXPECT_EQ(ebb::distance_bytes(block, block + 77), 77U);
    EXPECT_TRUE(ebb::is_aligned(block, 64));
    EXPECT_FALSE(ebb::is_aligned(block + 8, 64));
}

struct element {
    int value = 0;
    ebb::list_links<element> links;
};

std::vector<int> values_of(const ebb::intrusive_list<element>& list) {
    std::vector<int> values;
    for (const element* e = list.front(); e != nullptr; e = list.next(e)) {
        values.push_back(e->value);
    }
    return values;
}

TEST(intrusive_list, keeps_the_order_of_both_ends) {
    element a{1, {}};
    element b{2, {}};
    element c{3, {}};
    ebb::intrusive_list<element> list;
    EXPECT_TRUE(list.empty());
    list.push_back(&b);
    list.push_front(&a);
    list.push_back(&c);
    EXPECT_EQ(values_of(list), (std::vector<int>{1, 2, 3}));
}

TEST(intrusive_list, any_element_leaves_and_comes_back) {
    for (std::size_t gone = 0; gone < 3; ++gone) {
        element all[3] = {{1, {}}, {2, {}}, {3, {}}};
        ebb::intrusive_list<element> list;
        for (element& e : all) {
            list.push_back(&e);
        }
        list.remove(&all[gone]);
        std::vector<int> left{1, 2, 3};
        left.erase(left.begin() + static_cast<std::ptrdiff_t>(gone));
        EXPECT_EQ(values_of(list), left);
        EXPECT_EQ(all[gone].links.before, nullptr);
        EXPECT_EQ(all[gone].links.after, nullptr);
        list.push_back(&all[gone]);
        left.push_back(static_cast<int>(gone) + 1);
        EXPECT_EQ(values_of(list), left);
        for (element& e : all) {
            list.remove(&e);
        }
        EXPECT_TRUE(list.empty());
    }
}

} // namespace
