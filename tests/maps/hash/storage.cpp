// Where elements lie: no page is touched twice, memory goes back in few calls, and its figures are
// the arena's.
#include <ebb/alloc/arena/malloc_arena.h>
#include <ebb/alloc/arena/std_allocator.h>
#include <ebb/maps/hash_map.h>
#include <ebb/maps/hash_set.h>
#include <ebb/maps/node_hash_map.h>

#include <gtest/gtest.h>
#include <tests/support/random.h>

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

using namespace tests;

template <std::size_t Bytes>
using bytes = std::array<char, Bytes>;

/// page_memory that counts what gives pages back: each such call is one madvise or unmaps.
class counting_pages {
  public:
    void* allocate(std::size_t n, std::size_t alignment = 8) {
        return below_.allocate(n, alignment);
    }
    void deallocate(void* p, std::size_t n, std::size_t alignment = 8) noexcept {
        below_.deallocate(p, n, alignment);
    }
    void* allocate_growing(std::size_t n, std::size_t largest) {
        return below_.allocate_growing(n, largest);
    }
    void deallocate_growing(void* p, std::size_t n, std::size_t largest) noexcept {
        ++give_backs;
        below_.deallocate_growing(p, n, largest);
    }
    bool resize(void* p, std::size_t n, std::size_t wanted, std::size_t largest) noexcept {
        give_backs += wanted < n ? 1 : 0;
        return below_.resize(p, n, wanted, largest);
    }
    [[nodiscard]] std::size_t slot_bytes(const void* p, std::size_t n,
                                         std::size_t alignment) const noexcept {
        return below_.slot_bytes(p, n, alignment);
    }
    [[nodiscard]] ebb::ledger read() const noexcept { return below_.read(); }
    void trim() noexcept { below_.trim(); }
    void validate() const { below_.validate(); }

    std::uint64_t give_backs = 0;

  private:
    ebb::page_memory below_;
};
static_assert(ebb::growing_arena<counting_pages>);

std::uint64_t page_faults() {
    ::rusage used{};
    EXPECT_EQ(::getrusage(RUSAGE_SELF, &used), 0);
    return static_cast<std::uint64_t>(used.ru_minflt);
}

// Each of `count` numbers once, in an order that no map has.
std::vector<std::uint64_t> shuffled(std::uint64_t count, std::uint64_t seed) {
    random_engine random(seed);
    std::vector<std::uint64_t> keys(count);
    for (std::uint64_t k = 0; k < count; ++k) {
        keys[k] = k;
        std::swap(keys[k], keys[below(random, k + 1)]);
    }
    return keys;
}

constexpr std::uint64_t many = sanitized ? 100'000 : 1'000'000;

template <std::size_t Bytes, std::uint64_t Count = many>
struct flow {
    double faults_a_page = 0;     // of the inserts
    std::uint64_t faults = 0;     // of the erases
    std::uint64_t give_backs = 0; // of the erases
    double peak = 0;              // bytes over the elements'
    double half = 0;
    std::uint64_t few = 0; // bytes with 1 % left

    flow() {
        const auto keys = shuffled(Count, new_seed());
        counting_pages pages;
        ebb::hash_map<std::uint64_t, bytes<Bytes>, ebb::hash<std::uint64_t>,
                      std::equal_to<std::uint64_t>, counting_pages>
            map(pages);
        const auto own = [&] { return static_cast<double>(map.size() * (8 + Bytes)); };
        const std::uint64_t before = page_faults();
        for (const std::uint64_t k : keys) {
            map.try_emplace(k);
        }
        const auto total = static_cast<double>(map.footprint().total());
        faults_a_page = static_cast<double>(page_faults() - before) / (total / 4096);
        peak = total / own();
        const std::uint64_t full = page_faults();
        const std::uint64_t given = pages.give_backs;
        for (std::size_t i = 0; i < keys.size(); ++i) {
            if (i == Count / 2) {
                half = static_cast<double>(map.footprint().total()) / own();
            }
            if (i == Count - Count / 100) {
                few = map.footprint().total();
            }
            map.erase(keys[i]);
        }
        faults = page_faults() - full;
        give_backs = pages.give_backs - given;
        EXPECT_EQ(pages.read().requested, 0U);
    }
};

TEST(hash_storage, touches_no_page_of_large_elements_twice) {
    const flow<128> f;
    EXPECT_LE(f.give_backs, 500U);
    EXPECT_LE(f.peak, sanitized ? 1.07 : 1.05);
    EXPECT_LE(f.half, sanitized ? 1.14 : 1.12);
    if (!sanitized) { // whose shadow has pages of its own
        EXPECT_LE(f.faults_a_page, 1.02);
        EXPECT_LE(f.faults, 500U);
        EXPECT_LE(f.few, 1'700'000U);
    }
}
// Each call costs 60 us where a host has to be asked, as much as a thousand erases.
TEST(hash_storage, a_small_map_gives_back_in_few_calls) {
    const flow<128, 10'000> f; // 350 pages
    EXPECT_LE(f.give_backs, 19U);
}
TEST(hash_storage, touches_no_page_of_small_elements_twice) {
    const flow<8> f;
    EXPECT_LE(f.give_backs, 100U);
    if (!sanitized) {
        EXPECT_LE(f.faults_a_page, 1.1);
        EXPECT_LE(f.faults, 100U);
    }
}

// A saw-tooth of an eighth pays for its first teeth; from the third on its memory waits. It goes
// when the map goes on falling.
template <std::size_t Bytes>
void expect_that_a_swing_waits() {
    constexpr std::uint64_t count = sanitized ? 100'000 : 400'000;
    const auto keys = shuffled(count, new_seed());
    counting_pages pages;
    ebb::hash_map<std::uint64_t, bytes<Bytes>, ebb::hash<std::uint64_t>,
                  std::equal_to<std::uint64_t>, counting_pages>
        map(pages);
    const auto tooth = [&](std::uint64_t part) {
        const std::uint64_t given = pages.give_backs;
        for (std::uint64_t i = 0; i < count / part; ++i) {
            map.erase(keys[i]);
        }
        for (std::uint64_t i = 0; i < count / part; ++i) {
            map.try_emplace(keys[i]);
        }
        return pages.give_backs - given;
    };
    for (const std::uint64_t k : keys) {
        map.try_emplace(k);
    }
    EXPECT_GE(tooth(8), Bytes > 32 ? 1U : 0U); // small elements move within their segments
    tooth(8);
    for (int late = 0; late < 5; ++late) {
        EXPECT_LE(tooth(8), Bytes > 32 ? 0U : 1U) << Bytes << " bytes, tooth " << late + 3;
    }
    map.validate();
    // It falls once more, and doesn't rise: little waits in the end.
    for (std::uint64_t i = 0; i < count / 2; ++i) {
        map.erase(keys[i]);
    }
    const std::uint64_t own = map.size() * (8 + Bytes);
    EXPECT_LE(map.footprint().total(), own * (Bytes > 32 ? 114 : 250) / 100) << Bytes;
    map.validate();
}
TEST(hash_storage, a_swing_waits_while_it_lasts) {
    expect_that_a_swing_waits<8>();
    expect_that_a_swing_waits<128>();
}

/// Gives nothing back before it ends, and counts what it is asked for.
class all_at_once : public std::pmr::memory_resource {
  public:
    std::uint64_t asked = 0;

  private:
    void* do_allocate(std::size_t n, std::size_t alignment) override {
        asked += n;
        return from_.allocate(n, alignment);
    }
    void do_deallocate(void*, std::size_t, std::size_t) override {}
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
        return this == &other;
    }
    std::pmr::monotonic_buffer_resource from_;
};

template <std::size_t Bytes>
void fill_and_refill() {
    constexpr std::uint64_t count = many / 5;
    all_at_once memory;
    ebb::pmr::hash_map<std::uint64_t, bytes<Bytes>> map(&memory);
    for (std::uint64_t k = 0; k < count; ++k) {
        map.try_emplace(k);
    }
    const std::uint64_t once = memory.asked;
    EXPECT_LE(once, count * (8 + Bytes) * 4);
    for (std::uint64_t k = 0; k < count; ++k) {
        map.erase(k);
        map.try_emplace(k + count);
    }
    EXPECT_LE(memory.asked, once * 3 / 2);
    const std::uint64_t replaced = memory.asked;
    map.clear();
    for (std::uint64_t k = 0; k < count; ++k) {
        map.try_emplace(k);
    }
    EXPECT_LE(memory.asked - replaced, once + once / 8);
    map.validate();
}
TEST(hash_storage, asks_little_of_memory_that_is_given_back_at_once) {
    fill_and_refill<8>();
    fill_and_refill<128>();
}

// A chunk that moves takes what lies in it along: elements that know where they are would tell.
TEST(hash_storage, chunks_move_whole_while_the_map_shrinks) {
    using map = ebb::hash_map<std::uint64_t, std::string>;
    random_engine random(new_seed());
    map m;
    ebb::hash_map<std::uint64_t, std::pair<std::uint64_t, std::string>> large;
    constexpr std::uint64_t count = sanitized ? 30'000 : 120'000;
    const auto text = [](std::uint64_t k) { return "longer than in place: " + std::to_string(k); };
    for (std::uint64_t k = 0; k < count; ++k) {
        m.emplace(k, text(k));
        large.emplace(k, std::pair(k, text(k)));
    }
    const auto keys = shuffled(count, 11);
    for (std::size_t i = 0; i < keys.size(); ++i) {
        ASSERT_EQ(m.erase(keys[i]), 1U);
        ASSERT_EQ(large.erase(keys[i]), 1U);
        if (below(random, count / 12) == 0) {
            m.validate();
            large.validate();
            for (std::size_t left = i + 1; left < keys.size(); ++left) {
                ASSERT_EQ(m.at(keys[left]), text(keys[left]));
                ASSERT_EQ(large.at(keys[left]).second, text(keys[left]));
            }
        }
    }
    EXPECT_EQ(m.footprint().total() + large.footprint().total(), 0U);
}

// Iterators that erase return one that is right though chunks have moved.
TEST(hash_storage, erasing_in_a_walk_gives_back_on_the_way) {
    ebb::hash_map<std::uint64_t, bytes<128>> map;
    ebb::hash_map<std::uint64_t, std::uint64_t> small;
    constexpr std::uint64_t count = 100'000;
    for (std::uint64_t k = 0; k < count; ++k) {
        map.try_emplace(k);
        small.try_emplace(k);
    }
    const std::uint64_t full = map.footprint().total();
    const std::uint64_t small_full = small.footprint().total();
    ebb::erase_if(map, [](const auto& e) { return e.first % 16 != 0; });
    ebb::erase_if(small, [](const auto& e) { return e.first % 16 != 0; });
    map.validate();
    small.validate();
    for (int i = 0; i < 4; ++i) { // what the walk's last step was too short for
        map.erase(map.try_emplace(count).first->first);
        small.erase(small.try_emplace(count).first->first);
    }
    EXPECT_EQ(map.size(), count / 16);
    EXPECT_EQ(small.size(), count / 16);
    EXPECT_LT(map.footprint().total(), full / 6);
    EXPECT_LT(small.footprint().total(), small_full / 3);
    for (std::uint64_t k = 0; k < count; ++k) {
        ASSERT_EQ(map.contains(k), k % 16 == 0);
        ASSERT_EQ(small.contains(k), k % 16 == 0);
    }
}

// More elements in one segment than the numbers of its cells have bits for beside a tag.
struct one_hash {
    std::size_t operator()(std::uint64_t k) const { return k < 9000 ? 7 : k; }
};
TEST(hash_storage, keys_that_share_a_hash_are_more_than_thirteen_bits_number) {
    ebb::hash_map<std::uint64_t, bytes<32>, one_hash> map;
    constexpr std::uint64_t alike = 9000;
    constexpr std::uint64_t count = alike + (sanitized ? 2000 : 60'000);
    for (std::uint64_t k = alike; k < count; ++k) {
        map.try_emplace(k);
    }
    for (std::uint64_t k = 0; k < alike; ++k) {
        map.try_emplace(k).first->second[0] = static_cast<char>(k);
    }
    for (std::uint64_t k = 0; k < alike; ++k) {
        ASSERT_EQ(map.at(k)[0], static_cast<char>(k));
    }
    map.validate();
    for (std::uint64_t k = count - 1; k >= alike; --k) { // merges come to the full segment
        ASSERT_EQ(map.erase(k), 1U);
    }
    ASSERT_EQ(map.size(), alike);
    for (std::uint64_t k = 0; k < alike; k += 3) {
        ASSERT_EQ(map.erase(k), 1U);
    }
    for (std::uint64_t k = 0; k < alike; ++k) {
        ASSERT_EQ(map.contains(k), k % 3 != 0);
    }
}

TEST(hash_storage, elements_that_dont_divide_a_page_waste_little) {
    EXPECT_LE((flow<1024, many / 10>().peak), 1.05);
    EXPECT_LE((flow<1400, many / 10>().peak), 1.05);
}

// Over an allocator, which is asked for whole units of an alignment.
template <std::size_t Bytes>
void expect_its_figures_are_the_arenas() {
    ebb::malloc_arena arena;
    using allocator =
        ebb::arena_allocator<std::pair<const std::uint64_t, bytes<Bytes>>, ebb::malloc_arena>;
    ebb::hash_map<std::uint64_t, bytes<Bytes>, ebb::hash<std::uint64_t>, std::equal_to<>, allocator>
        m{allocator(arena)};
    const auto agree = [&] { return m.footprint().total() == arena.read().requested; };
    for (std::uint64_t k = 0; k < 20'000; ++k) {
        m[k] = {};
        if (k % 64 == 0) {
            ASSERT_TRUE(agree()) << Bytes << " bytes, " << k;
        }
    }
    for (std::uint64_t k = 0; k < 20'000; ++k) {
        m.erase(k);
        if (k % 64 == 0) {
            ASSERT_TRUE(agree()) << Bytes << " bytes, " << k << " erased";
        }
    }
    EXPECT_TRUE(agree());
}
TEST(hash_storage, its_figures_are_the_arenas_whatever_an_element_takes) {
    expect_its_figures_are_the_arenas<8>();
    expect_its_figures_are_the_arenas<32>();
    expect_its_figures_are_the_arenas<48>(); // 56 bytes: 73 of them are no multiple of 16
    expect_its_figures_are_the_arenas<64>();
    expect_its_figures_are_the_arenas<120>();
    expect_its_figures_are_the_arenas<1400>();
}

} // namespace
