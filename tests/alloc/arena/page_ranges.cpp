// page_ranges: no range twice, the first region first, addresses that follow what is in use, few
// mappings whatever comes and goes, any number of threads.
#include <ebb/alloc/arena/page_ranges.h>
#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/os/pages.h>

#include <gtest/gtest.h>
#include <tests/support/forked.h>
#include <tests/support/mappings.h>
#include <tests/support/random.h>

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <iterator>
#include <new>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace tests {
namespace {

using ebb::kib;
using ebb::mib;
namespace page_ranges = ebb::page_ranges;

// What the kernel says of an address.
bool is_mapped(const void* at) {
    unsigned char in_core = 0;
    return ebb::os::resident_pages(at, ebb::os::page_size(), &in_core);
}

// All that a test has taken of one length goes back, and one region at most is left of it.
void give_all(const std::vector<void*>& ranges, std::size_t bytes) {
    for (void* const range : ranges) {
        page_ranges::give(range, bytes);
    }
    page_ranges::validate(bytes);
    EXPECT_EQ(page_ranges::in_use(bytes), 0U);
    EXPECT_LE(page_ranges::regions(bytes), 1U);
}

TEST(page_ranges, regions_double_to_256_mebibytes_and_go_one_by_one) {
    constexpr std::size_t bytes = mib;
    std::vector<void*> all;
    for (int n = 0; n < 2000; ++n) {
        all.push_back(page_ranges::take(bytes));
        ASSERT_TRUE(ebb::is_aligned(all.back(), bytes));
    }
    page_ranges::validate(bytes);
    // 1, 1, 2, 4 ... 128, and 256 each.
    EXPECT_EQ(page_ranges::regions(bytes), 9U + 7U);
    std::size_t before = page_ranges::regions(bytes);
    while (all.size() > 1) {
        page_ranges::give(all.back(), bytes);
        all.pop_back();
        const std::size_t now = page_ranges::regions(bytes);
        ASSERT_GE(now + 1, before); // one call, one region
        before = now;
    }
    page_ranges::validate(bytes);
    EXPECT_LE(page_ranges::regions(bytes), 2U);
    give_all(all, bytes);
}

TEST(page_ranges, what_is_taken_while_fewer_are_wanted_lets_the_last_regions_run_dry) {
    random_engine random(new_seed());
    constexpr std::size_t bytes = 128 * kib;
    std::vector<void*> live;
    for (int n = 0; n < 5000; ++n) {
        live.push_back(page_ranges::take(bytes));
    }
    const std::size_t most = page_ranges::regions(bytes);
    // As a map that shrinks: each segment is written anew, into another range, now and then.
    while (live.size() > 500) {
        for (int n = 0; n < 4; ++n) {
            void*& one = live[below(random, live.size())];
            void* const other = page_ranges::take(bytes);
            page_ranges::give(one, bytes);
            one = other;
        }
        std::swap(live[below(random, live.size())], live.back());
        page_ranges::give(live.back(), bytes);
        live.pop_back();
    }
    page_ranges::validate(bytes);
    EXPECT_EQ(page_ranges::in_use(bytes), 500U);
    // The regions that were mapped first, of 1, 1, 2 ... 256, hold 512; a few may have one that
    // didn't move.
    EXPECT_EQ(most, 11U + 4U);
    EXPECT_LE(page_ranges::regions(bytes), 13U);
    give_all(live, bytes);
}

TEST(page_ranges, random_takes_and_gives_never_share_a_range) {
    const std::uint64_t seed = new_seed();
    SCOPED_TRACE("EBB_SEED=" + std::to_string(seed));
    random_engine random(seed);
    constexpr std::size_t bytes = 16 * kib;
    std::set<char*> live;
    bool growing = true;
    for (int step = 0; step < 20'000; ++step) {
        growing = below(random, 2000) == 0 ? !growing : growing;
        if (live.empty() || below(random, 10) < (growing ? 7U : 3U)) {
            auto* const range = static_cast<char*>(page_ranges::take(bytes));
            const auto [at, added] = live.insert(range);
            ASSERT_TRUE(added);
            ASSERT_TRUE(at == live.begin() || *std::prev(at) + bytes <= range);
            ASSERT_TRUE(std::next(at) == live.end() || range + bytes <= *std::next(at));
        } else {
            auto at = live.lower_bound(*live.begin() + below(random, 64 * mib));
            at = at == live.end() ? live.begin() : at;
            page_ranges::give(*at, bytes);
            live.erase(at);
        }
        ASSERT_EQ(page_ranges::in_use(bytes), live.size());
        page_ranges::validate(bytes);
    }
    std::vector<void*> left;
    for (char* const range : live) {
        ASSERT_TRUE(is_mapped(range));
        left.push_back(range);
    }
    give_all(left, bytes);
}

TEST(page_ranges, many_of_which_every_second_goes_are_few_mappings) {
    if (sanitized) {
        GTEST_SKIP() << "a sanitizer maps memory of its own between";
    }
    constexpr std::size_t bytes = 256 * kib;
    const std::size_t before = mappings();
    std::vector<void*> all;
    for (int n = 0; n < 140'000; ++n) {
        all.push_back(page_ranges::take(bytes));
    }
    EXPECT_LE(mappings(), before + 300); // 145 regions, or fewer mappings where they join
    std::vector<void*> kept;
    for (std::size_t n = 0; n < all.size(); ++n) {
        if (n % 2 == 0) {
            page_ranges::give(all[n], bytes);
        } else {
            kept.push_back(all[n]);
        }
    }
    EXPECT_LE(mappings(), before + 300);
    give_all(kept, bytes);
    EXPECT_LE(mappings(), before + 20);
}

TEST(page_ranges, half_of_a_region_serves_where_a_limit_is_near) {
    if (sanitized) {
        GTEST_SKIP() << "a sanitizer needs the addresses";
    }
    const int status = status_of_child([] {
        constexpr std::size_t bytes = mib;
        rlimit limit{};
        limit.rlim_cur = limit.rlim_max = statm(0) * ebb::os::page_size() + 300 * mib;
        if (::setrlimit(RLIMIT_AS, &limit) != 0) {
            return false;
        }
        std::size_t count = 0;
        try {
            for (;;) {
                static_cast<void>(page_ranges::take(bytes));
                ++count;
            }
        } catch (const std::bad_alloc&) {
        }
        page_ranges::validate(bytes);
        return count >= 290;
    });
    EXPECT_EQ(status, 0);
}

TEST(page_ranges, threads_never_share_a_range) {
    constexpr std::size_t bytes = 32 * kib;
    std::atomic<int> wrong = 0;
    const auto work = [&](std::uint64_t seed) {
        random_engine random(seed);
        std::vector<std::uint64_t*> mine;
        for (int step = 0; step < 3000; ++step) {
            if (mine.empty() || below(random, 100) < (step / 500 % 2 == 0 ? 60U : 40U)) {
                mine.push_back(static_cast<std::uint64_t*>(page_ranges::take(bytes)));
                wrong += *mine.back() != 0 ? 1 : 0;
                *mine.back() = seed;
            } else {
                std::swap(mine[below(random, mine.size())], mine.back());
                wrong += *mine.back() != seed ? 1 : 0;
                ebb::os::release(mine.back(), bytes);
                page_ranges::give(mine.back(), bytes);
                mine.pop_back();
            }
        }
        for (std::uint64_t* const range : mine) {
            wrong += *range != seed ? 1 : 0;
            ebb::os::release(range, bytes);
            page_ranges::give(range, bytes);
        }
    };
    std::vector<std::thread> threads;
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        threads.emplace_back(work, seed);
    }
    for (std::thread& t : threads) {
        t.join();
    }
    EXPECT_EQ(wrong, 0);
    page_ranges::validate(bytes);
    EXPECT_EQ(page_ranges::in_use(bytes), 0U);
}

TEST(page_ranges, what_another_copy_of_the_library_took_is_left_to_it) {
    constexpr std::size_t bytes = 64 * kib;
    void* const mine = page_ranges::take(bytes);
    void* const its = ebb::os::map_as_is(bytes, ebb::os::page_size());
    page_ranges::give(its, bytes);
    EXPECT_TRUE(is_mapped(its));
    EXPECT_EQ(page_ranges::in_use(bytes), 1U);
    ebb::os::unmap(its, bytes);
    give_all({mine}, bytes);
}

using page_ranges_death = ::testing::Test;

TEST(page_ranges_death, what_is_given_back_twice_stops_the_program) {
    constexpr std::size_t bytes = 64 * kib;
    void* const one = page_ranges::take(bytes);
    void* const other = page_ranges::take(bytes);
    page_ranges::give(one, bytes);
    EXPECT_DEATH(page_ranges::give(one, bytes), "given back twice");
    give_all({other}, bytes);
}

} // namespace
} // namespace tests
