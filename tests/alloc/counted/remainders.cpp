#include <ebb/alloc/counted/remainders.h>

#include <gtest/gtest.h>
#include <tests/support/random.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

namespace {

namespace remainders = ebb::counted::remainders;
using namespace tests;

// Blocks cut from one run of bytes, as close to each other as any malloc puts them.
struct fake_block {
    std::byte* p = nullptr;
    std::size_t usable = 0;
    std::size_t requested = 0;
};

std::size_t random_usable(random_engine& random) {
    switch (below(random, 4)) {
    case 0:
        return 8 + 8 * below(random, 3);
    case 1:
        return 8 * (1 + below(random, 40));
    case 2:
        return 8 * (1 + below(random, 300));
    default:
        return 8 + below(random, 5000);
    }
}

std::size_t random_requested(random_engine& random, std::size_t usable) {
    switch (below(random, 4)) {
    case 0:
        return usable;
    case 1:
        return usable - 1;
    case 2:
        return 0;
    default:
        return below(random, usable + 1);
    }
}

// Keeps every block's remainder in a random order, reads all, forgets some, keeps others there.
void cut_and_check(std::byte* begin, std::size_t bytes, random_engine random, int rounds) {
    for (int round = 0; round < rounds; ++round) {
        std::vector<fake_block> blocks;
        for (std::size_t at = 0;;) {
            const std::size_t usable = random_usable(random);
            if (at + usable > bytes) {
                break;
            }
            blocks.push_back({begin + at, usable, random_requested(random, usable)});
            at = ebb::align_up(at + usable, 8);
        }
        for (std::size_t i = blocks.size(); i-- > 1;) {
            std::swap(blocks[i], blocks[below(random, i + 1)]);
        }
        for (const fake_block& b : blocks) {
            // What the program writes into what it may use; a full block's last byte among it.
            std::fill_n(b.p, b.requested, static_cast<std::byte>(random()));
            remainders::keep(b.p, b.usable, b.requested);
        }
        for (const fake_block& b : blocks) {
            std::fill_n(b.p, b.requested, static_cast<std::byte>(random()));
            ASSERT_EQ(remainders::requested(b.p, b.usable), b.requested) << b.usable;
        }
    }
}

TEST(remainders, every_block_finds_its_own_among_neighbours) {
    const std::uint64_t seed = new_seed();
    SCOPED_TRACE(testing::Message() << "EBB_SEED=" << seed);
    alignas(8) static std::array<std::byte, 300'000> bytes;
    cut_and_check(bytes.data(), bytes.size(), random_engine(seed), sanitized ? 20 : 200);
    EXPECT_TRUE(remainders::are_exact());
}

TEST(remainders, all_pairs_of_small_sizes_are_exact) {
    alignas(8) static std::array<std::byte, 2048> bytes;
    for (std::size_t usable = 1; usable < 1100; usable += usable < 300 ? 1 : 50) {
        for (std::size_t requested = 0; requested <= usable; ++requested) {
            remainders::keep(bytes.data() + 8, usable, requested);
            ASSERT_EQ(remainders::requested(bytes.data() + 8, usable), requested) << usable;
        }
    }
}

// Threads whose blocks' bits share bytes of the map.
TEST(remainders, neighbours_of_other_threads_dont_disturb) {
    constexpr std::size_t thread_count = 4;
    constexpr std::size_t slot = 24;
    alignas(64) static std::array<std::byte, slot * thread_count * 500> bytes;
    std::array<std::thread, thread_count> threads;
    std::array<std::size_t, thread_count> wrong{};
    for (std::size_t t = 0; t < thread_count; ++t) {
        threads[t] = std::thread([t, &wrong] {
            random_engine random(t);
            for (int round = 0; round < (sanitized ? 50 : 500); ++round) {
                std::array<std::size_t, 500> requested{};
                for (std::size_t i = 0; i < requested.size(); ++i) {
                    requested[i] = random_requested(random, slot);
                    std::byte* const p = bytes.data() + (i * thread_count + t) * slot;
                    std::fill_n(p, requested[i], static_cast<std::byte>(i));
                    remainders::keep(p, slot, requested[i]);
                }
                for (std::size_t i = 0; i < requested.size(); ++i) {
                    std::byte* const p = bytes.data() + (i * thread_count + t) * slot;
                    wrong[t] += remainders::requested(p, slot) != requested[i] ? 1 : 0;
                }
            }
        });
    }
    for (std::thread& t : threads) {
        t.join();
    }
    for (const std::size_t w : wrong) {
        EXPECT_EQ(w, 0U);
    }
}

// Addresses alone matter to large blocks: nothing of them is read or written.
TEST(remainders, large_blocks_are_not_touched_and_may_span_leaves) {
    constexpr std::uintptr_t leaf_span = std::uintptr_t{1} << remainders::leaf_shift;
    for (std::uintptr_t back = 0; back < 2000; back += 8) {
        void* const p = reinterpret_cast<void*>(0x7000'0000'0000 + leaf_span - back);
        for (const std::size_t usable : {256U, 1023U, 1024U, 4096U, 1U << 30U}) {
            for (const std::size_t requested : {std::size_t{0}, usable / 2, usable}) {
                remainders::keep(p, usable, requested);
                ASSERT_EQ(remainders::requested(p, usable), requested) << back << ' ' << usable;
            }
        }
    }
    EXPECT_TRUE(remainders::are_exact());
}

// Each in a child: exactness does not come back.
template <class Call>
void expect_lost(Call call) {
    EXPECT_EXIT(
        {
            const bool before = remainders::are_exact();
            call();
            std::_Exit(before && !remainders::are_exact() ? 0 : 1);
        },
        testing::ExitedWithCode(0), "");
}

TEST(remainders, what_cannot_be_is_noticed) {
    alignas(64) static std::array<std::byte, 4096> bytes;
    // A zero where the remainder stood: a string written one byte too far.
    expect_lost([] {
        remainders::keep(bytes.data(), 40, 39);
        bytes[39] = std::byte{0};
        static_cast<void>(remainders::requested(bytes.data(), 40));
    });
    expect_lost([] {
        remainders::keep(bytes.data(), 40, 39);
        bytes[39] = std::byte{41};
        static_cast<void>(remainders::requested(bytes.data(), 40));
    });
    // More asked for than there is, and a block of nothing.
    expect_lost([] { remainders::keep(bytes.data(), 40, 41); });
    expect_lost([] { remainders::keep(bytes.data(), 4000, 4001); });
    expect_lost([] { remainders::keep(bytes.data(), 0, 0); });
    // Above the addresses that the map covers.
    expect_lost([] { remainders::keep(reinterpret_cast<void*>(1ULL << 50U), 4096, 1); });
}

} // namespace
