// page_ranges: no range twice, the first region first, addresses that follow what is in use.
#include <ebb/alloc/arena/page_ranges.h>
#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/os/pages.h>

#include <gtest/gtest.h>
#include <tests/support/random.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace tests {
namespace {

using ebb::kib;
using ebb::mib;
using ebb::page_ranges;

// What the kernel says of an address.
bool is_mapped(const void* at) {
    unsigned char in_core = 0;
    return ebb::os::resident_pages(at, ebb::os::page_size(), &in_core);
}

TEST(page_ranges, regions_double_to_64_mebibytes_and_go_one_by_one) {
    constexpr std::size_t bytes = mib;
    page_ranges ranges(bytes);
    EXPECT_EQ(ranges.own_bytes(), 0U);
    std::vector<void*> all;
    for (int n = 0; n < 1000; ++n) {
        all.push_back(ranges.take());
        ASSERT_TRUE(ebb::is_aligned(all.back(), ebb::os::page_size()));
        ranges.validate();
    }
    // 1, 1, 2, 4 ... 32, and 64 each.
    EXPECT_EQ(ranges.regions(), 7U + 15U);
    std::size_t before = ranges.regions();
    while (!all.empty()) {
        ranges.give(all.back());
        all.pop_back();
        ranges.validate();
        ASSERT_GE(ranges.regions() + 1, before); // one call, one region
        before = ranges.regions();
    }
    EXPECT_EQ(ranges.regions(), 1U);
    ranges.trim();
    EXPECT_EQ(ranges.regions(), 0U);
    EXPECT_EQ(ranges.own_bytes(), 0U);
    ranges.validate();
}

TEST(page_ranges, what_is_taken_while_fewer_are_wanted_lets_the_last_regions_run_dry) {
    random_engine random(new_seed());
    page_ranges ranges(128 * kib);
    std::vector<void*> live;
    for (int n = 0; n < 5000; ++n) {
        live.push_back(ranges.take());
    }
    const std::size_t most = ranges.regions();
    // As a map that shrinks: each segment is written anew, into another range, now and then.
    while (live.size() > 500) {
        for (int n = 0; n < 4; ++n) {
            void*& one = live[below(random, live.size())];
            void* const other = ranges.take();
            ranges.give(one);
            one = other;
        }
        std::swap(live[below(random, live.size())], live.back());
        ranges.give(live.back());
        live.pop_back();
    }
    ranges.validate();
    EXPECT_EQ(ranges.in_use(), 500U);
    // The regions that were mapped first, of 1, 1, 2 ... 256, hold 512; a few may have one that
    // didn't move.
    EXPECT_EQ(most, 10U + 9U);
    EXPECT_LE(ranges.regions(), 15U);
    for (void* const range : live) {
        ranges.give(range);
    }
}

TEST(page_ranges, random_takes_and_gives_never_share_a_range) {
    const std::uint64_t seed = new_seed();
    SCOPED_TRACE("EBB_SEED=" + std::to_string(seed));
    random_engine random(seed);
    constexpr std::size_t bytes = 16 * kib;
    page_ranges ranges(bytes);
    std::set<char*> live;
    bool growing = true;
    for (int step = 0; step < 20'000; ++step) {
        growing = below(random, 2000) == 0 ? !growing : growing;
        if (live.empty() || below(random, 10) < (growing ? 7U : 3U)) {
            auto* const range = static_cast<char*>(ranges.take());
            const auto [at, added] = live.insert(range);
            ASSERT_TRUE(added);
            ASSERT_TRUE(at == live.begin() || *std::prev(at) + bytes <= range);
            ASSERT_TRUE(std::next(at) == live.end() || range + bytes <= *std::next(at));
        } else {
            auto at = live.lower_bound(*live.begin() + below(random, 64 * mib));
            at = at == live.end() ? live.begin() : at;
            ranges.give(*at);
            live.erase(at);
        }
        if (below(random, 500) == 0) {
            ranges.trim();
        }
        ASSERT_EQ(ranges.in_use(), live.size());
        ranges.validate();
    }
    for (char* const range : live) {
        ASSERT_TRUE(is_mapped(range));
        ranges.give(range);
    }
}

} // namespace
} // namespace tests
