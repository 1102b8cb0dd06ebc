// node_finder beside a std::map: slabs whose places collide come and go.
#include <ebb/alloc/arena/page_memory.h>
#include <ebb/maps/hash/node_finder.h>

#include <gtest/gtest.h>
#include <tests/support/random.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>

namespace {

using namespace tests;

// As much of a slab as the finder asks for.
struct slab {
    static constexpr std::size_t bytes = 256 * ebb::kib;
    void* base = nullptr;

    static void* base_of(const void* p) {
        return reinterpret_cast<void*>(ebb::address_of(p) & ~(bytes - 1));
    }
};

TEST(node_finder, finds_what_is_there_and_nothing_else) {
    const std::uint64_t seed = new_seed();
    SCOPED_TRACE("EBB_SEED=" + std::to_string(seed));
    random_engine random(seed);
    ebb::page_memory memory;
    ebb::detail::node_finder<slab> finder;
    std::size_t charged = 0;
    std::deque<slab> all;
    std::map<std::uintptr_t, slab*> there;
    EXPECT_EQ(finder.find(&seed), nullptr);
    for (int step = 0; step < 20'000; ++step) {
        // One of 400 addresses, of which many end alike.
        const std::size_t pick = below(random, 400);
        const std::uintptr_t base = (pick % 20 + (pick / 20 << 12) + 1) * slab::bytes;
        const auto* const inside = reinterpret_cast<const void*>(base + below(random, slab::bytes));
        const auto at = there.find(base);
        ASSERT_EQ(finder.find(inside), at == there.end() ? nullptr : at->second) << step;
        if (at != there.end()) {
            finder.remove(*at->second);
            there.erase(at);
        } else if (there.size() < 60) {
            charged += finder.make_room(memory, there.size());
            ASSERT_EQ(finder.bytes(), charged);
            slab& fresh = all.emplace_back();
            fresh.base = reinterpret_cast<void*>(base);
            finder.add(fresh);
            there[base] = &fresh;
        }
        for (const auto& [address, one] : there) {
            ASSERT_EQ(finder.find(one->base), one) << step;
        }
    }
    EXPECT_LE(charged, 128 * sizeof(slab*)); // at most half full, and no larger than that takes
}

} // namespace
