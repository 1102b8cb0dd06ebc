// Which pages without nodes wait in a map, and how few system calls give the others back. The
// calls are counted at the library's gate to the kernel.
#include <ebb/maps/hash/node_store.h>

#include <gtest/gtest.h>
#include <tests/maps/hash/nodes.h>
#include <tests/support/random.h>

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <utility>

namespace {

struct calls {
    int advice = 0;    // that gives memory back, of one range
    int populated = 0; // that brings it
    int many = 0;      // of many ranges
    int refused = 0;
    [[nodiscard]] int given_back() const { return advice + many; }
};
calls counted;

} // namespace

// NOLINTBEGIN: the linker's names
extern "C" {
long __real__ZN3ebb2os6kernel6adviseEPvmi(void* pages, std::size_t bytes, int advice) noexcept;
long __real__ZN3ebb2os6kernel10advise_allEPKNS_10byte_rangeEmi(const ebb::byte_range* ranges,
                                                               std::size_t count,
                                                               int advice) noexcept;
long __wrap__ZN3ebb2os6kernel6adviseEPvmi(void* pages, std::size_t bytes, int advice) noexcept {
    counted.advice += advice == MADV_DONTNEED ? 1 : 0;
    counted.populated += advice == 23 ? 1 : 0; // MADV_POPULATE_WRITE
    return __real__ZN3ebb2os6kernel6adviseEPvmi(pages, bytes, advice);
}
long __wrap__ZN3ebb2os6kernel10advise_allEPKNS_10byte_rangeEmi(const ebb::byte_range* ranges,
                                                               std::size_t count,
                                                               int advice) noexcept {
    const long result =
        __real__ZN3ebb2os6kernel10advise_allEPKNS_10byte_rangeEmi(ranges, count, advice);
    ++counted.many;
    counted.refused += result < 0 ? 1 : 0;
    return result;
}
}
// NOLINTEND

namespace {

using namespace tests;

// A map's store of nodes without its index, whose calls would be counted as well.
class store {
  public:
    using value = bytes<136>;

    store() = default;
    store(store&&) = delete;
    store& operator=(store&&) = delete;
    ~store() { clear(); }

    [[nodiscard]] std::size_t size() const { return live_.size(); }
    [[nodiscard]] std::size_t held() const { return nodes_.bytes(); }
    void add(std::uint64_t count) {
        for (std::uint64_t n = 0; n < count; ++n) {
            live_.push_back(nodes_.allocate(memory_));
            live_.back().get()->fill(1);
        }
    }
    void erase_first() {
        nodes_.deallocate(memory_, live_.front());
        live_.pop_front();
    }
    void erase_last() {
        nodes_.deallocate(memory_, live_.back());
        live_.pop_back();
    }
    void erase_any(random_engine& random) {
        std::swap(live_[below(random, live_.size())], live_.back());
        erase_last();
    }
    void clear() {
        for (const pointer p : live_) {
            nodes_.drop(memory_, p);
        }
        live_.clear();
        nodes_.drop_rest(memory_);
    }
    // Some from the middle, and as many again.
    void replace(std::size_t first, std::size_t last) {
        for (std::size_t n = first; n < last; ++n) {
            nodes_.deallocate(memory_, live_[n]);
        }
        for (std::size_t n = first; n < last; ++n) {
            live_[n] = nodes_.allocate(memory_);
        }
    }

    void expect_exact() const {
        nodes_.validate(size());
        ASSERT_EQ(held(), memory_.source().read().requested);
        // What is held are the pages of nodes, what waits, and what is known of slabs.
        EXPECT_GE(held() + 2 * 16'384, touched_bytes()); // blocks apart lie in pages of others, too
    }
    // What may wait in it by default, and what is held beside it and the nodes' pages: blocks
    // apart, descriptors.
    [[nodiscard]] std::size_t usual() const {
        return ebb::detail::node_stock::usual(size() * sizeof(value), held());
    }
    [[nodiscard]] std::size_t beside() const { return 48 * 1024; }
    // The bytes of the pages that nodes touch.
    [[nodiscard]] std::size_t touched_bytes() const {
        const std::size_t page = ebb::os::page_size();
        std::set<std::uintptr_t> pages;
        for (const pointer p : live_) {
            pages.insert(ebb::address_of(p.get()) / page);
            pages.insert((ebb::address_of(p.get()) + sizeof(value) - 1) / page);
        }
        return pages.size() * page;
    }
    // What of its slabs the kernel holds in memory.
    [[nodiscard]] std::size_t resident_in(const std::set<std::uintptr_t>& slabs) const {
        std::size_t sum = 0;
        for (const std::uintptr_t at : slabs) {
            sum += ebb::os::resident(reinterpret_cast<const void*>(at), slab_bytes);
        }
        return sum;
    }
    [[nodiscard]] std::set<std::uintptr_t> slabs() const {
        std::set<std::uintptr_t> all;
        for (const pointer p : live_) {
            if (!p.is_marked()) {
                all.insert(ebb::address_of(p.get()) & ~(slab_bytes - 1));
            }
        }
        return all;
    }

  private:
    using memory = ebb::detail::map_memory<ebb::page_memory>;
    using nodes = ebb::detail::slab_nodes<value, memory>;
    using pointer = nodes::pointer;

    memory memory_;
    nodes nodes_;
    std::deque<pointer> live_;
};

// Whether this kernel takes advice on many ranges.
bool has_many() {
    const std::size_t page = ebb::os::page_size();
    void* const slab = ebb::slab_pages::map(slab_bytes);
    const ebb::byte_range two[] = {{slab, page}, {ebb::advance(slab, 2 * page), page}};
    counted = {};
    ebb::slab_pages::release(two, 2);
    ebb::slab_pages::unmap(slab, slab_bytes);
    return counted.many == 1 && counted.refused == 0;
}

TEST(node_waits, erases_in_any_order_give_back_in_few_calls) {
    if (!has_many()) {
        GTEST_SKIP() << "the kernel takes advice on one range at a time";
    }
    const std::uint64_t seed = new_seed();
    SCOPED_TRACE("EBB_SEED=" + std::to_string(seed));
    random_engine random(seed);
    constexpr std::uint64_t count = 100'000;
    store s;
    s.add(count);
    counted = {};
    while (s.size() > 200) {
        s.erase_any(random);
        if (s.size() % 10'000 == 0 || s.size() == count / 100) {
            s.expect_exact();
            EXPECT_LE(s.held(), s.touched_bytes() + s.usual() + s.beside());
        }
    }
    // 3,300 pages of which few leave together; 3,200 calls when each left by itself.
    EXPECT_LE(counted.given_back(), 75);
    EXPECT_GE(counted.given_back(), 20);
}

TEST(node_waits, what_is_resident_is_what_is_held) {
    if (!kernel_tells() || sanitized) {
        GTEST_SKIP() << "the kernel doesn't say what is resident";
    }
    random_engine random(new_seed());
    store s;
    s.add(60'000);
    const std::set<std::uintptr_t> slabs = s.slabs();
    while (s.size() > 2'000) {
        s.erase_any(random);
        if (s.size() % 3'000 == 0) {
            const std::size_t resident = s.resident_in(slabs);
            EXPECT_LE(resident, s.held());
            EXPECT_GE(resident + s.beside(), s.held());
        }
    }
    s.clear();
    EXPECT_EQ(s.held(), 0U);
    EXPECT_EQ(s.resident_in(slabs), 0U);
}

TEST(node_waits, a_new_node_takes_a_page_that_waits) {
    store s;
    s.add(25 * ebb::detail::node_slab<store::value>::capacity() + 500); // in the last slab few
    const std::size_t full = s.held();
    counted = {};
    for (int round = 0; round < 5; ++round) {
        s.replace(7'000, 7'900); // 30 pages
        s.expect_exact();
    }
    EXPECT_EQ(counted.given_back(), 0);
    EXPECT_EQ(counted.populated, 0);
    EXPECT_EQ(s.held(), full);
}

// An eighth comes and goes: at first more than waits by default.
TEST(node_waits, a_saw_tooth_takes_no_memory_anew_from_the_third_tooth_on) {
    constexpr std::uint64_t count = 100'000;
    for (const bool first : {true, false}) {
        SCOPED_TRACE(first ? "the oldest go" : "the newest go");
        store s;
        s.add(count);
        const auto erase = [&](std::uint64_t n) {
            for (; n != 0; --n) {
                first ? s.erase_first() : s.erase_last();
            }
        };
        for (int tooth = 1; tooth <= 12; ++tooth) {
            counted = {};
            erase(count / 8);
            s.add(count / 8);
            if (tooth > 2) { // of 415 pages
                EXPECT_LE(counted.given_back(), 3) << tooth;
                EXPECT_LE(counted.populated, 8) << tooth;
            }
            s.expect_exact();
        }
        // It ends: what waited for it goes while others come and go.
        erase(count / 8);
        EXPECT_GE(s.held(), s.touched_bytes() + count / 10 * sizeof(store::value));
        for (std::uint64_t n = 0; n < count; ++n) {
            s.add(1);
            first ? s.erase_first() : s.erase_last();
        }
        erase(count / 100);
        s.expect_exact();
        EXPECT_LE(s.held(), s.touched_bytes() + s.usual() + s.beside());
    }
}

TEST(node_waits, slabs_without_nodes_wait_whole_and_go_whole) {
    store s;
    s.add(20'000);
    counted = {};
    while (s.size() > 1'000) {
        s.erase_first();
        if (s.size() % 500 == 0) {
            s.expect_exact();
        }
    }
    EXPECT_LE(counted.given_back(), 20); // 630 pages
    EXPECT_LE(s.held(), s.touched_bytes() + s.usual() + s.beside());
    counted = {};
    s.clear();
    EXPECT_LE(counted.given_back(), 2);
    EXPECT_EQ(s.held(), 0U);
}

} // namespace
