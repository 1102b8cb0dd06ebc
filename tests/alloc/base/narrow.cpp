#include <ebb/alloc/base/narrow.h>

#include <gtest/gtest.h>

#include <cstdint>

namespace {

TEST(narrow, keeps_every_number_that_fits) {
    EXPECT_EQ(ebb::narrow<std::uint32_t>(std::uint64_t{UINT32_MAX}), UINT32_MAX);
    EXPECT_EQ(ebb::narrow<std::uint8_t>(255), 255);
    EXPECT_EQ(ebb::narrow<std::int32_t>(std::int64_t{INT32_MIN}), INT32_MIN);
    static_assert(ebb::narrow<std::uint16_t>(65'535) == 65'535);
    static_assert(ebb::bounded<std::uint16_t>(65'535) == 65'535);
}

TEST(narrow_death, stops_on_a_number_that_does_not_fit) {
    const std::uint64_t blocks = std::uint64_t{1} << 32;
    EXPECT_DEATH(static_cast<void>(ebb::narrow<std::uint32_t>(blocks)), "doesn't fit its type");
    EXPECT_DEATH(static_cast<void>(ebb::narrow<std::uint32_t>(blocks + 16)), "doesn't fit");
    EXPECT_DEATH(static_cast<void>(ebb::narrow<std::uint32_t>(-1)), "doesn't fit its type");
    EXPECT_DEATH(static_cast<void>(ebb::narrow<std::int8_t>(128)), "doesn't fit its type");
}

TEST(narrow, takes_the_low_bits_where_that_is_the_purpose) {
    EXPECT_EQ(ebb::wrapped<std::uint32_t>((std::uint64_t{3} << 32) + 5), 5U);
    EXPECT_EQ(ebb::wrapped<int>(std::uint64_t{UINT64_MAX}), -1);
}

} // namespace
