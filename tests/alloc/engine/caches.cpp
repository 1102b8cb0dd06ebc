// Thread caches, central bins and the sweep: slots on their way between threads and spans.
#include <ebb/alloc/engine/central.h>
#include <ebb/alloc/engine/heap.h>
#include <ebb/alloc/engine/page_heap.h>
#include <ebb/alloc/engine/purge.h>
#include <ebb/alloc/engine/registry.h>
#include <ebb/alloc/engine/snapshot.h>
#include <ebb/alloc/engine/start.h>
#include <ebb/alloc/engine/sums.h>
#include <ebb/alloc/engine/thread_cache.h>
#include <ebb/alloc/os/clock.h>
#include <ebb/alloc/os/pages.h>

#include <gtest/gtest.h>
#include <tests/alloc/engine/held_clock.h>
#include <tests/support/random.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

namespace {

using namespace ebb; // NOLINT: a test's own file
using engine::central;
using engine::thread_cache;
using tests::below;

constexpr std::size_t small = engine::bin_of(48);
constexpr std::size_t large = engine::bin_of(40'000);

// Loose slots to their spans, idle pages to the system.
void purge_bin(std::size_t bin) {
    EXPECT_FALSE(central[bin].settle_loose(bin, true));
    while (central[bin].give_back(mib, os::coarse_milliseconds(), 0) != 0) {
    }
    EXPECT_FALSE(central[bin].has_waiting());
}

// Slots lie loose in central bins while several threads call.
class two_callers {
  public:
    two_callers() : before_(engine::sums::callers.exchange(2)) {}
    ~two_callers() { engine::sums::callers = before_; }
    two_callers(const two_callers&) = delete;
    two_callers& operator=(const two_callers&) = delete;

  private:
    std::uint32_t before_;
};

TEST(central, hands_every_slot_to_one_at_a_time) {
    const two_callers several;
    const std::uint64_t seed = tests::new_seed();
    SCOPED_TRACE(testing::Message() << "EBB_SEED=" << seed);
    tests::random_engine random(seed);
    for (const std::size_t bin : {small, engine::bin_of(47), engine::bin_of(3000), large}) {
        std::set<void*> out;
        const auto give_some = [&](std::size_t count, bool straight) {
            std::vector<void*> back;
            for (auto at = out.begin(); at != out.end() && back.size() < count;) {
                if (below(random, 2) == 0) {
                    back.push_back(*at);
                    at = out.erase(at);
                } else {
                    ++at;
                }
            }
            straight ? central[bin].settle_all(bin, back.data(), back.size())
                     : central[bin].give(bin, back.data(), back.size());
        };
        for (int step = 0; step < 600; ++step) {
            switch (below(random, 5)) {
            case 0:
            case 1: {
                void* slots[128];
                const std::size_t want = 1 + below(random, 128);
                const std::size_t got = central[bin].take(bin, slots, want);
                ASSERT_TRUE(got >= 1 && got <= want);
                for (std::size_t i = 0; i < got; ++i) {
                    ASSERT_TRUE(out.insert(slots[i]).second) << "handed out twice";
                    std::memset(slots[i], 1, engine::traits[bin].slot);
                }
                break;
            }
            case 2:
                give_some(1 + below(random, 128), false);
                break;
            case 3:
                give_some(1 + below(random, 64), true);
                break;
            default:
                if (below(random, 10) == 0) {
                    purge_bin(bin);
                    ASSERT_EQ(central[bin].read().slots_loose, 0U);
                } else if (below(random, 10) == 0) {
                    central[bin].drop_empty();
                }
            }
            const engine::central_bin::totals now = central[bin].read();
            ASSERT_EQ(now.slots_out, out.size());
            ASSERT_LE((now.slots_out + now.slots_loose + now.slots_free) * engine::traits[bin].slot,
                      now.span_bytes);
            central[bin].validate(bin);
        }
        const std::vector<void*> all(out.begin(), out.end());
        central[bin].settle_all(bin, all.data(), all.size());
        purge_bin(bin);
        EXPECT_LE(central[bin].read().span_bytes, std::size_t{engine::traits[bin].span_bytes})
            << "one empty span stays";
        central[bin].drop_empty();
        EXPECT_EQ(central[bin].read().span_bytes, 0U);
        engine::page_heap::validate();
    }
}

TEST(central, purges_what_aged_and_leaves_what_did_not) {
    constexpr std::size_t bin = engine::bin_of(1024);
    std::vector<void*> slots(64 * 20);
    std::size_t got = 0;
    while (got < slots.size()) {
        got += central[bin].take(bin, slots.data() + got, slots.size() - got);
    }
    for (void* p : slots) {
        std::memset(p, 1, 1024);
    }
    std::sort(slots.begin(), slots.end());
    const tests::held_clock clock; // all that is given back now is of this moment
    const std::uint32_t begun = os::coarse_milliseconds();
    // All but one of each span's 64.
    std::vector<void*> back;
    for (std::size_t i = 0; i < slots.size(); ++i) {
        if (i % 64 != 0) {
            back.push_back(slots[i]);
        }
    }
    const auto resident = [&] {
        std::size_t bytes = 0;
        for (std::size_t i = 0; i < slots.size(); i += 64) {
            const auto* const s = engine::spans.find(address_of(slots[i])).owner();
            bytes += os::resident(s->start(), s->bytes());
        }
        return bytes;
    };
    const std::size_t full = resident();
    central[bin].settle_all(bin, back.data(), back.size());
    EXPECT_EQ(central[bin].give_back(gib, begun + 300, 400), 0U);
    EXPECT_TRUE(central[bin].has_waiting());
    EXPECT_EQ(resident(), full);
    EXPECT_EQ(central[bin].give_back(3 * os::page_size(), begun + 10'000, 400),
              3 * os::page_size());
    EXPECT_EQ(resident(), full - 3 * os::page_size());
    EXPECT_EQ(central[bin].give_back(gib, begun + 10'000, 400), full - 23 * os::page_size());
    EXPECT_FALSE(central[bin].has_waiting());
    EXPECT_EQ(resident(), 20 * os::page_size()) << "a page for each survivor, by the kernel's word";
    std::vector<void*> rest;
    for (std::size_t i = 0; i < slots.size(); i += 64) {
        EXPECT_EQ(*static_cast<unsigned char*>(slots[i]), 1);
        rest.push_back(slots[i]);
    }
    central[bin].settle_all(bin, rest.data(), rest.size());
    central[bin].drop_empty();
    EXPECT_EQ(central[bin].read().span_bytes, 0U);
}

// Pages that were idle, used again, and idle again wait from the second time on.
TEST(central, lets_pages_wait_anew_after_they_were_used) {
    const std::size_t bin = engine::bin_of(os::page_size()); // 16 in a span, whatever a page is
    const tests::held_clock clock;
    void* slots[16];
    std::size_t got = 0;
    while (got < 16) { // a span's
        got += central[bin].take(bin, slots + got, 16 - got);
    }
    central[bin].settle_all(bin, slots, 1);
    void* again = nullptr;
    ASSERT_EQ(central[bin].take(bin, &again, 1), 1U);
    ASSERT_EQ(again, slots[0]);
    tests::held_clock::advance(10'000);
    central[bin].settle_all(bin, slots, 1);
    EXPECT_EQ(central[bin].give_back(gib, os::coarse_milliseconds(), 400), 0U);
    tests::held_clock::advance(400);
    EXPECT_EQ(central[bin].give_back(gib, os::coarse_milliseconds(), 400), os::page_size());
    central[bin].settle_all(bin, slots + 1, 15);
    central[bin].drop_empty();
}

TEST(central_death, stops_at_a_slot_that_is_free_already) {
    void* slot = nullptr;
    ASSERT_EQ(central[small].take(small, &slot, 1), 1U);
    EXPECT_DEATH(
        {
            central[small].settle_all(small, &slot, 1);
            central[small].settle_all(small, &slot, 1);
        },
        "ebb: double free of 0x[0-9a-f]+ \\(a slot of 48 bytes\\)");
    central[small].settle_all(small, &slot, 1);
}

// The span went with the slot's first return, in the same batch.
TEST(central_death, stops_at_a_slot_whose_span_has_gone) {
    EXPECT_DEATH(
        {
            const std::size_t count = engine::traits[large].slots();
            std::vector<void*> slots(2 * count);
            std::size_t got = 0;
            while (got < slots.size()) {
                got += central[large].take(large, slots.data() + got, slots.size() - got);
            }
            std::sort(slots.begin(), slots.end());
            slots.push_back(slots.back());
            central[large].settle_all(large, slots.data(), slots.size());
        },
        "ebb: double free of 0x[0-9a-f]+ \\(a slot of 40960 bytes\\)");
}

// A cache's stacks against a vector: its room grows with what comes; what is flushed then is the
// older half, what is left the newer.
TEST(thread_cache, keeps_the_newer_half_when_it_is_full) {
    thread_cache* const cache = engine::make_cache();
    ASSERT_NE(cache, nullptr);
    for (const std::size_t bin : {small, engine::bin_of(1000), large}) {
        const std::size_t capacity = engine::cache_capacity(bin);
        engine::cache_bin& b = cache->bins[bin];
        ASSERT_EQ(b.ceiling.get(), b.floor) << "no room until it is needed";
        std::vector<void*> slots(capacity + 1);
        std::size_t got = 0;
        while (got < slots.size()) {
            got += central[bin].take(bin, slots.data() + got, slots.size() - got);
        }
        for (void* p : slots) { // as flush does when there is room
            engine::flush(*cache, bin, p);
        }
        const std::size_t kept = capacity - capacity / 2 + 1;
        ASSERT_EQ(static_cast<std::size_t>(b.top.get() - b.floor), kept);
        EXPECT_TRUE(
            std::equal(b.floor, b.top.get(), slots.end() - static_cast<std::ptrdiff_t>(kept)));
        ASSERT_EQ(static_cast<std::size_t>(b.ceiling.get() - b.floor), capacity);
        engine::empty(*cache);
        EXPECT_EQ(b.top.get(), b.floor);
        purge_bin(bin);
        EXPECT_EQ(central[bin].read().slots_out, 0U);
    }
}

TEST(thread_cache, fills_with_more_each_time_up_to_half) {
    thread_cache* const cache = engine::make_cache();
    ASSERT_NE(cache, nullptr);
    engine::cache_bin& b = cache->bins[small];
    const std::size_t half = engine::cache_capacity(small) / 2;
    std::vector<void*> slots;
    std::size_t wanted = 4;
    bool reached = false;
    for (int round = 0; round < 20; ++round) {
        slots.push_back(engine::refill(*cache, small));
        ASSERT_NE(slots.back(), nullptr);
        const auto count = static_cast<std::size_t>(b.top.get() - b.floor) + 1;
        EXPECT_LE(count, wanted); // less at a span's end
        reached = reached || count == half;
        EXPECT_EQ(static_cast<std::size_t>(b.ceiling.get() - b.floor), 2 * wanted);
        wanted = std::min(2 * wanted, half);
        while (b.top.get() != b.floor) {
            b.top.set(b.top.get() - 1);
            slots.push_back(*b.top.get());
        }
    }
    EXPECT_TRUE(reached);
    central[small].settle_all(small, slots.data(), slots.size());
}

TEST(thread_cache, tells_its_sum_within_the_quantum) {
    engine::load();
    const std::int64_t before = engine::told_sum.load();
    std::int64_t live = 0;
    const std::uint64_t seed = tests::new_seed();
    SCOPED_TRACE(testing::Message() << "EBB_SEED=" << seed);
    tests::random_engine random(seed);
    std::vector<std::pair<void*, std::size_t>> blocks;
    for (int step = 0; step < 20'000; ++step) {
        if (below(random, 2) == 0) {
            const std::size_t n = below(random, std::size_t{1} << below(random, 20));
            blocks.emplace_back(engine::allocate(n), n);
            live += static_cast<std::int64_t>(n);
        } else if (!blocks.empty()) {
            const std::size_t i = below(random, blocks.size());
            engine::deallocate(blocks[i].first);
            live -= static_cast<std::int64_t>(blocks[i].second);
            blocks[i] = blocks.back();
            blocks.pop_back();
        }
        ASSERT_LE(std::abs(engine::told_sum.load() - before - live), 2 * engine::tell_quantum);
    }
    for (const auto& [p, n] : blocks) {
        engine::deallocate(p);
    }
}

// Every thread's highest within a quantum of what the others know: the bound that the header
// states.
TEST(thread_cache, keeps_the_peak_of_many_threads_within_its_bound) {
    engine::load();
    constexpr std::int64_t threads = 8;
    constexpr std::int64_t each = 3'000'000;
    const ebb_ledger before = engine::read_ledger();
    std::atomic<int> full{0};
    std::vector<std::thread> all;
    for (int t = 0; t < threads; ++t) {
        all.emplace_back([&full] {
            std::vector<void*> blocks;
            for (std::int64_t n = 0; n < each; n += 1000) {
                blocks.push_back(engine::allocate(1000));
            }
            ++full;
            while (full < threads) { // all hold all at once
                std::this_thread::yield();
            }
            for (void* p : blocks) {
                engine::deallocate(p);
            }
        });
    }
    for (std::thread& t : all) {
        t.join();
    }
    const ebb_ledger after = engine::read_ledger();
    const auto top = static_cast<std::int64_t>(
        std::max(before.requested + threads * each, before.peak_requested));
    const auto peak = static_cast<std::int64_t>(after.peak_requested);
    EXPECT_GE(peak, top - threads * engine::tell_quantum);
    EXPECT_LE(peak, top + threads * engine::tell_quantum);
}

// What the kernel says of the heap, from three sides.
TEST(purge, leaves_resident_what_ledger_and_kernel_agree_on) {
    engine::load();
    const std::uint64_t seed = tests::new_seed();
    SCOPED_TRACE(testing::Message() << "EBB_SEED=" << seed);
    tests::random_engine random(seed);
    std::vector<std::pair<void*, std::size_t>> blocks;
    for (int i = 0; i < 30'000; ++i) {
        const std::size_t n = below(random, std::size_t{1} << (4 + below(random, 12)));
        void* const p = engine::allocate(n);
        std::memset(p, 1, n);
        blocks.emplace_back(p, n);
    }
    std::shuffle(blocks.begin(), blocks.end(), random);
    while (blocks.size() > 300) {
        engine::deallocate(blocks.back().first);
        blocks.pop_back();
    }
    static_cast<void>(engine::purge::all());
    engine::validate();
    const ebb_resident told = engine::read_resident();
    const ebb_ledger l = engine::read_ledger();
    EXPECT_EQ(told.resident, told.live + told.idle + told.overhead);
    EXPECT_EQ(told.mapped, l.mapped);
    EXPECT_EQ(told.idle, 0U) << "no page without a live byte is left";
    // By mincore over every span and free run, and page by page of every live block.
    std::size_t by_span = 0;
    for (std::uintptr_t at = engine::spans.next(0); at != 0;) {
        const engine::span* const s = engine::spans.find(at).owner();
        by_span += os::resident(s->start(), s->bytes());
        at = engine::spans.next(at + s->bytes());
    }
    EXPECT_EQ(by_span, told.resident - told.overhead);
    std::set<std::uintptr_t> pages;
    for (const auto& [p, n] : blocks) {
        const std::uintptr_t end = address_of(p) + std::max<std::size_t>(n, 16);
        for (std::uintptr_t at = align_down(address_of(p), os::page_size()); at < end;
             at += os::page_size()) {
            pages.insert(at);
        }
    }
    EXPECT_GE(told.live, pages.size() * os::page_size() * 9 / 10) << "untouched ends aside";
    EXPECT_LE(told.live, pages.size() * os::page_size() + 300 * os::page_size());
    for (const auto& [p, n] : blocks) {
        engine::deallocate(p);
    }
}

} // namespace
