// A program that names a seed (EBB_MAP_SEED, here 7) has the same seeds in every run.
#include <ebb/maps/go/seed.h>

#include <gtest/gtest.h>

#include <cstdint>

namespace ebb::detail {
namespace {

TEST(seed, of_a_program_that_names_one_is_a_count_mixed_with_it) {
    const int a = 0;
    const int b = 0;
    const std::uint64_t first = fresh_seed(&a);
    std::uint64_t count = 0;
    while (mix(count, 7) != first) {
        ASSERT_LT(++count, 1'000U) << "the seed isn't a count mixed with 7";
    }
    EXPECT_EQ(fresh_seed(&b), mix(count + 1, 7));
    EXPECT_EQ(fresh_seed(&a), mix(count + 2, 7));
}

} // namespace
} // namespace ebb::detail
