// Few mappings, however many maps come and go.
#include <ebb/maps/hash_map.h>
#include <ebb/maps/node_hash_map.h>

#include <gtest/gtest.h>
#include <tests/maps/filled.h>
#include <tests/support/mappings.h>
#include <tests/support/random.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace {

using namespace tests;

template <class Map>
class mappings_of : public ::testing::Test {};
using maps = ::testing::Types<flat<8>, flat<128>, node<8>, node<128>>;
TYPED_TEST_SUITE(mappings_of, maps);

TYPED_TEST(mappings_of, many_maps_are_few) {
    if (sanitized) {
        GTEST_SKIP() << "a sanitizer maps memory of its own between";
    }
    constexpr std::size_t count = 2'000;
    constexpr std::uint64_t each = 2'000;
    constexpr std::size_t most = 100;
    const std::size_t before = mappings();
    std::vector<std::unique_ptr<TypeParam>> all(count);
    for (auto& m : all) {
        m = std::make_unique<TypeParam>();
        fill(*m, 0, each);
    }
    EXPECT_LE(mappings(), before + most);
    for (std::size_t n = 0; n < count; n += 2) { // every second goes
        all[n].reset();
    }
    EXPECT_LE(mappings(), before + most);
    for (std::size_t n = 0; n < count; n += 2) {
        all[n] = std::make_unique<TypeParam>();
        fill(*all[n], 0, each / 2);
        for (std::uint64_t k = 0; k < each * 3 / 4; ++k) {
            all[n + 1]->erase(k);
        }
    }
    EXPECT_LE(mappings(), before + most);
    all.clear();
    EXPECT_LE(mappings(), before + most / 2);
}

} // namespace
