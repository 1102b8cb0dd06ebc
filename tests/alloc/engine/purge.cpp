// The policy of giving back: what a process keeps after a peak, what a swing costs, what caches may
// hold. The clock stands still but where a test moves it, so nothing depends on the machine's
// speed.
#include <ebb/alloc/engine/cache_room.h>
#include <ebb/alloc/engine/heap.h>
#include <ebb/alloc/engine/purge.h>
#include <ebb/alloc/engine/snapshot.h>
#include <ebb/alloc/engine/start.h>
#include <ebb/alloc/engine/sums.h>
#include <ebb/alloc/os/pages.h>

#include <gtest/gtest.h>
#include <tests/alloc/engine/held_clock.h>
#include <tests/support/forked.h>
#include <tests/support/random.h>

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <thread>
#include <vector>

namespace {

using namespace ebb; // NOLINT: a test's own file
using tests::below;
using tests::held_clock;
using tests::status_of_child;

// In a process of its own: the bound and the caches remember.
#define EXPECT_IN_CHILD(...) EXPECT_EQ(status_of_child([] __VA_ARGS__), 0)

// False after a line that says what was expected.
bool holds(bool right, const char* what, std::uint64_t value) {
    if (!right) {
        std::fprintf(stderr, "%s: %llu\n", what, static_cast<unsigned long long>(value));
    }
    return right;
}

std::uint64_t page_faults() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    return static_cast<std::uint64_t>(used.ru_minflt);
}

std::uint64_t idle_resident() {
    return engine::read_resident().idle;
}

constexpr std::size_t count = tests::sanitized ? 20'000 : 100'000;

// 128 bytes, or log-uniform 16 to 4096.
std::size_t size_of(tests::random_engine& random, bool mixed) {
    return mixed ? std::size_t{16} << below(random, 8) : 128;
}

// Blocks of which a random hundredth stays.
std::vector<void*> leave_a_peak(tests::random_engine& random, bool mixed) {
    std::vector<void*> blocks(count);
    for (void*& p : blocks) {
        const std::size_t n = size_of(random, mixed);
        p = engine::allocate(n);
        std::memset(p, 1, n);
    }
    std::shuffle(blocks.begin(), blocks.end(), random);
    while (blocks.size() > count / 100) {
        engine::deallocate(blocks.back());
        blocks.pop_back();
    }
    return blocks;
}

void drop(std::vector<void*>& blocks) {
    for (void* p : blocks) {
        engine::deallocate(p);
    }
    blocks.clear();
}

// One rise and fall of so many bytes, each page written.
void tooth(std::size_t bytes, std::size_t block) {
    std::vector<void*> blocks(bytes / block);
    for (void*& p : blocks) {
        p = engine::allocate(block);
        for (std::size_t at = 0; at < block; at += os::page_size()) {
            static_cast<unsigned char*>(p)[at] = 1;
        }
    }
    drop(blocks);
}

// No page without a block stays beyond the bound, but for those that a cache's few slots hold:
// without another call, on a clock that stands.
TEST(purge, gives_a_peak_back_while_it_falls) {
    for (const bool mixed : {false, true}) {
        EXPECT_EQ(status_of_child([mixed] {
                      engine::load();
                      const held_clock clock;
                      tests::random_engine random(7);
                      std::vector<void*> left = leave_a_peak(random, mixed);
                      const std::uint64_t idle = idle_resident();
                      const bool right = holds(idle < 2 * mib, "idle after a peak", idle);
                      engine::validate();
                      drop(left);
                      _exit(right ? 0 : 1);
                  }),
                  0)
            << (mixed ? "mixed" : "128 bytes");
    }
}

TEST(purge, keeps_everything_where_it_may_never) {
    EXPECT_IN_CHILD({
        engine::load();
        engine::purge::configure(engine::purge::never);
        tooth(50 * mib, 1000);
        const std::uint64_t idle = idle_resident();
        engine::validate();
        _exit(holds(idle > 45 * mib, "idle", idle) ? 0 : 1);
    });
}

// The first tooth is given back. The second is faulted in again, and teaches the bound; no tooth
// after it costs anything.
TEST(purge, learns_the_height_of_a_swing) {
    for (const std::size_t block : {std::size_t{128}, std::size_t{1000}, std::size_t{40'000},
                                    std::size_t{300'000}, 32 * mib}) {
        EXPECT_EQ(status_of_child([block] {
                      engine::load();
                      const held_clock clock;
                      constexpr std::size_t bytes = 32 * mib;
                      const std::uint64_t pages = bytes / os::page_size();
                      bool right = true;
                      tooth(bytes, block);
                      const std::uint64_t idle = idle_resident();
                      right = holds(idle < 3 * mib, "idle after the first tooth", idle) && right;
                      tooth(bytes, block);
                      const std::uint64_t second = page_faults();
                      for (int i = 0; i < 20; ++i) {
                          tooth(bytes, block);
                      }
                      const std::uint64_t more = page_faults() - second;
                      // A sanitizer's own memory faults too.
                      right = holds(tests::sanitized || more <= pages / 5,
                                    "page faults after two teeth", more) &&
                              right;
                      const std::uint64_t kept = idle_resident();
                      right = holds(kept > bytes / 4 * 3, "idle after many teeth", kept) && right;
                      engine::validate();
                      _exit(right ? 0 : 1);
                  }),
                  0)
            << "blocks of " << block;
    }
}

// A swing that is slower than purge_ms teaches nothing: its memory is better with the system.
TEST(purge, learns_nothing_from_a_slow_swing) {
    EXPECT_IN_CHILD({
        engine::load();
        const held_clock clock;
        bool right = true;
        for (int i = 0; i < 6; ++i) {
            tooth(32 * mib, 1000);
            held_clock::advance(1000);
            const std::uint64_t idle = idle_resident();
            right = holds(idle < 3 * mib, "idle after a slow tooth", idle) && right;
        }
        _exit(right ? 0 : 1);
    });
}

// What the bound learned is forgotten while the program goes on without a swing.
TEST(purge, forgets_a_swing_that_is_over) {
    EXPECT_IN_CHILD({
        engine::load();
        const held_clock clock;
        for (int i = 0; i < 5; ++i) {
            tooth(32 * mib, 1000);
        }
        const std::uint64_t high = idle_resident();
        bool right = holds(high > 25 * mib, "idle after a fast swing", high);
        for (int i = 0; i < 2000; ++i) { // 20 s of a program that goes on with little
            held_clock::advance(10);
            engine::deallocate(engine::allocate(5 * mib));
        }
        const std::uint64_t low = idle_resident();
        right = holds(low < 8 * mib, "idle long after it", low) && right;
        engine::validate();
        _exit(right ? 0 : 1);
    });
}

// A block of which little was touched, again and again: its addresses cost the program something
// too.
TEST(purge, lets_a_block_of_a_gib_go_at_once_whatever_was_learned) {
    if (tests::sanitized) {
        GTEST_SKIP() << "its shadow would be touched whole";
    }
    EXPECT_IN_CHILD({
        const held_clock clock;
        engine::load();
        bool right = true;
        const std::uint64_t before = engine::read_ledger().mapped;
        for (int i = 0; i < 5; ++i) {
            void* const p = engine::allocate(3 * gib);
            std::memset(p, 1, 64 * mib);
            engine::deallocate(p);
            const std::uint64_t mapped = engine::read_ledger().mapped;
            right = right && holds(mapped < before + 64 * mib, "mapped", mapped);
        }
        _exit(right ? 0 : 1);
    });
}

TEST(purge, fixes_the_bound_at_its_start_with_0) {
    EXPECT_IN_CHILD({
        engine::load();
        engine::purge::configure(0);
        const held_clock clock;
        bool right = true;
        for (int i = 0; i < 5; ++i) {
            tooth(32 * mib, 1000);
            const std::uint64_t idle = idle_resident();
            right = holds(idle < 3 * mib, "idle after a tooth", idle) && right;
        }
        _exit(right ? 0 : 1);
    });
}

// The rest of a large block that realloc made smaller is free memory like any other.
TEST(purge, gives_back_what_realloc_cuts_off) {
    EXPECT_IN_CHILD({
        engine::load();
        const held_clock clock;
        void* p = engine::allocate(64 * mib);
        std::memset(p, 1, 64 * mib);
        p = engine::reallocate(p, mib);
        const std::uint64_t idle = idle_resident();
        const bool right = holds(idle < 2 * mib, "idle after a block was made smaller", idle);
        engine::deallocate(p);
        _exit(right ? 0 : 1);
    });
}

// A reading of the clock costs more than all else that a slow call asks. Nor does a call read it
// more often where other threads ask for something at each one.
TEST(purge, looks_at_the_clock_once_in_sixteen_calls) {
    EXPECT_IN_CHILD({
        engine::load();
        engine::deallocate(engine::allocate(1)); // so that the thread has a cache
        const held_clock clock;
        constexpr std::uint64_t calls = 1'600;
        bool right = true;
        for (const bool asked : {false, true}) {
            const std::uint64_t before = held_clock::readings();
            for (std::uint64_t i = 0; i < calls; ++i) {
                if (asked) {
                    engine::cache_room::hungry.fetch_add(1);
                }
                engine::purge::poll();
            }
            const std::uint64_t readings = held_clock::readings() - before;
            right = holds(readings >= calls / 16 && readings <= calls / 16 + 1,
                          asked ? "readings when asked" : "readings", readings) &&
                    right;
        }
        _exit(right ? 0 : 1);
    });
}

// Slots in caches, by the classes' own count.
std::uint64_t cached_bytes() {
    std::uint64_t bytes = engine::read_large().kept_bytes;
    for (std::size_t bin = 1; bin < engine::bin_count; ++bin) {
        bytes += engine::read_bin(bin).cached_slots * engine::traits[bin].slot;
    }
    return bytes;
}

// Threads that used many sizes once, and go on: their caches together stay within the limit.
TEST(cache_room, holds_all_caches_to_one_limit) {
    if (engine::hardened) {
        GTEST_SKIP() << "a quarantine isn't a cache";
    }
    EXPECT_IN_CHILD({
        engine::load();
        constexpr int threads = 8;
        std::atomic<int> done{0};
        std::atomic<bool> stop{false};
        std::vector<std::thread> all;
        for (std::uint64_t t = 0; t < threads; ++t) {
            all.emplace_back([&, t] {
                tests::random_engine random(t);
                std::vector<void*> blocks(400, nullptr);
                bool told = false;
                for (std::uint64_t step = 0; !stop; ++step) {
                    void*& p = blocks[below(random, blocks.size())];
                    engine::deallocate(p);
                    p = engine::allocate(below(random, std::size_t{16} << below(random, 15)));
                    if (!told && step == (tests::sanitized ? 20'000 : 200'000)) {
                        told = true;
                        ++done;
                    }
                }
                drop(blocks);
            });
        }
        bool right = true;
        std::uint64_t most = 0;
        while (done < threads) {
            // Each of the two sums is over moving threads: a slot that a thread took and gave back
            // meanwhile may be in it twice.
            most = std::max(most, cached_bytes());
            right = right && engine::sums::read(engine::sums::granted) <=
                                 engine::cache_room::limit() + threads * std::int64_t{mib};
            std::this_thread::yield();
        }
        stop = true;
        for (std::thread& t : all) {
            t.join();
        }
        right = holds(most <= 9 * mib, "bytes in caches", most) && right;
        right = holds(engine::sums::read(engine::sums::granted) <= 8 * std::int64_t{mib},
                      "room that caches have at the end",
                      static_cast<std::uint64_t>(engine::sums::read(engine::sums::granted))) &&
                right;
        engine::validate();
        _exit(right ? 0 : 1);
    });
}

// What threads freed lies in their caches, on pages that hold nothing else: these count, though
// nothing waits beyond the bound, on a clock that stands.
TEST(cache_room, is_left_when_the_threads_memory_falls) {
    if (engine::hardened) {
        GTEST_SKIP() << "a quarantine isn't a cache";
    }
    EXPECT_IN_CHILD({
        engine::load();
        const held_clock clock;
        constexpr std::uint64_t threads = 8;
        std::barrier together(threads);
        std::vector<std::thread> all;
        std::atomic<std::uint64_t> after{0};
        for (std::uint64_t t = 0; t < threads; ++t) {
            all.emplace_back([&, t] {
                const auto in_turn = [&](auto&& f) { // so that each run is the same
                    for (std::uint64_t turn = 0; turn < threads; ++turn) {
                        if (turn == t) {
                            f();
                        }
                        together.arrive_and_wait();
                    }
                };
                tests::random_engine random(t);
                std::vector<void*> blocks(600);
                in_turn([&] {
                    for (int i = 0; i < 60'000; ++i) { // so that the bins' room grows
                        void*& p = blocks[below(random, blocks.size())];
                        engine::deallocate(p);
                        p = engine::allocate(16 + below(random, std::size_t{1000}));
                    }
                });
                in_turn([&] { drop(blocks); });
                in_turn([] { engine::purge::poll(); }); // as any slow call ends
                in_turn([&] { after = cached_bytes(); });
            });
        }
        for (std::thread& t : all) {
            t.join();
        }
        const bool right = holds(after <= 1536 * kib, "bytes in caches after the fall", after);
        engine::validate();
        _exit(right ? 0 : 1);
    });
}

// A bin that holds what it held purge_ms ago is emptied, in a thread that goes on calling.
TEST(cache_room, ages_bins_that_nobody_uses) {
    EXPECT_IN_CHILD({
        engine::load();
        const held_clock clock;
        std::vector<void*> blocks(300); // a fall that no trim follows
        for (void*& p : blocks) {
            p = engine::allocate(200);
        }
        drop(blocks);
        const std::size_t bin = engine::bin_of(200);
        bool right = holds(engine::read_bin(bin).cached_slots > 50, "slots cached at first",
                           engine::read_bin(bin).cached_slots);
        for (int i = 0; i < 200; ++i) {
            held_clock::advance(10);
            engine::deallocate(engine::allocate(5 * mib)); // large: another part of the cache
        }
        right = holds(engine::read_bin(bin).cached_slots == 0, "slots cached after two seconds",
                      engine::read_bin(bin).cached_slots) &&
                right;
        _exit(right ? 0 : 1);
    });
}

} // namespace
