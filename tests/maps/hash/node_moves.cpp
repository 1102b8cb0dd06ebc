// Nodes that move between maps by handles, merges and swaps, and outlive the map they came from.
#include <ebb/alloc/arena/page_ranges.h>
#include <ebb/alloc/base/bytes.h>

#include <gtest/gtest.h>
#include <tests/maps/hash/nodes.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory_resource>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace tests;

TEST(node_moves, an_extracted_node_keeps_its_place_in_any_map) {
    for (const int size : {10, 2'000}) { // apart, and in slabs
        strings a;
        strings b;
        fill(a, 0, size);
        const std::string* const at = &a.at(5);
        auto handle = a.extract(5);
        EXPECT_EQ(&handle.mapped(), at);
        expect_exact(a);
        const auto done = b.insert(std::move(handle));
        ASSERT_TRUE(done.inserted);
        EXPECT_EQ(&done.position->second, at);
        expect_exact(b);
        auto back = b.extract(b.cbegin());
        back.key() = size + 5;
        a.insert(std::move(back));
        EXPECT_EQ(&a.at(size + 5), at);
        EXPECT_EQ(*at, text(5));
        expect_exact(a);
        expect_exact(b);
        EXPECT_EQ(b.footprint().nodes, 0U);
    }
}

TEST(node_moves, nodes_outlive_their_map) {
    std::optional<strings> a(std::in_place);
    fill(*a, 0, 20'000);
    const slabs all(*a);
    strings b;
    std::vector<strings::node_type> handles;
    std::vector<const std::string*> places;
    for (int n = 19'000; n < 19'200; ++n) {
        places.push_back(&a->at(n));
        handles.push_back(a->extract(n));
        if (n % 2 == 0) {
            b.insert(std::move(handles.back()));
        }
    }
    expect_exact(*a);
    expect_exact(b);
    a.reset();
    expect_exact(b);
    for (int n = 19'000; n < 19'200; n += 2) {
        ASSERT_EQ(&b.at(n), places[static_cast<std::size_t>(n - 19'000)]);
        ASSERT_EQ(b.at(n), text(n));
    }
    for (int n = 19'001; n < 19'200; n += 2) {
        auto& handle = handles[static_cast<std::size_t>(n - 19'000)];
        ASSERT_EQ(handle.mapped(), text(n));
        ASSERT_EQ(&handle.mapped(), places[static_cast<std::size_t>(n - 19'000)]);
    }
    if (kernel_tells()) { // two slabs at most, of which the nodes' pages are left
        EXPECT_LE(all.resident(), 24 * ebb::os::page_size());
        EXPECT_GT(all.resident(), 0U);
    }
    handles.clear();
    expect_exact(b);
    b.clear();
    EXPECT_EQ(b.footprint().total(), 0U);
    EXPECT_EQ(all.resident(), 0U);
}

TEST(node_moves, what_returns_from_elsewhere_is_used_again) {
    node_map a;
    fill(a, 0, 3'000);
    const std::uint64_t full = a.footprint().nodes;
    std::vector<node_map::node_type> handles;
    for (std::uint64_t k = 1'000; k < 3'000; k += 2) { // of which no page is left empty
        handles.push_back(a.extract(k));
    }
    expect_exact(a);
    EXPECT_EQ(a.footprint().nodes, full - 1'000 * sizeof(node_map::value_type));
    handles.clear();
    expect_exact(a);
    a.erase(2'001); // each looks at one slab
    a.erase(2'003);
    expect_exact(a);
    EXPECT_EQ(a.footprint().nodes, full);
    fill(a, 5'000, 5'400);
    EXPECT_EQ(a.footprint().nodes, full);
    expect_exact(a);
}

TEST(node_moves, over_other_memory_a_node_stays_in_it) {
    std::pmr::unsynchronized_pool_resource one;
    std::pmr::unsynchronized_pool_resource other;
    ebb::pmr::node_hash_map<int, std::string> a(&one);
    ebb::pmr::node_hash_map<int, std::string> b(&one);
    ebb::pmr::node_hash_map<int, std::string> c(&other);
    for (int n = 0; n < 100; ++n) {
        a.emplace(n, text(n));
    }
    const std::string* const at = &a.at(5);
    b.insert(a.extract(5));
    EXPECT_EQ(&b.at(5), at);
    auto handle = b.extract(5);
    EXPECT_EQ(&handle.mapped(), at);
    c.insert(std::move(handle));
    EXPECT_NE(&c.at(5), at);
    c.merge(a);
    EXPECT_EQ(a.size() + b.size(), 0U);
    for (int n = 0; n < 100; ++n) {
        ASSERT_EQ(c.at(n), text(n));
    }
    auto unused = c.extract(7);
    EXPECT_EQ(unused.mapped(), text(7));
    c.validate();
}

TEST(node_moves, swap_and_move_take_the_nodes_along) {
    strings a;
    strings b;
    fill(a, 0, 3'000);
    fill(b, 5'000, 9'000);
    auto from_a = a.extract(2'500);
    auto from_b = b.extract(8'500);
    a.swap(b);
    expect_exact(a);
    expect_exact(b);
    a.insert(std::move(from_a));
    b.insert(std::move(from_b));
    expect_exact(a);
    expect_exact(b);
    strings c(std::move(a));
    a = std::move(b); // NOLINT(bugprone-use-after-move)
    expect_exact(a);
    expect_exact(b);
    expect_exact(c);
    EXPECT_EQ(a.at(8'500), text(8'500));
    EXPECT_EQ(c.at(2'500), text(2'500));
    auto again = c.extract(2'500);
    c = strings();
    expect_exact(c);
    EXPECT_EQ(again.mapped(), text(2'500));
    a.insert(std::move(again));
    a.clear();
    EXPECT_EQ(a.footprint().total(), 0U);
}

TEST(node_moves, merge_takes_whole_slabs) {
    strings a;
    std::optional<strings> b(std::in_place);
    fill(a, 0, 100);
    fill(*b, 50, 20'000);
    std::vector<const std::string*> places;
    for (int n = 100; n < 20'000; ++n) {
        places.push_back(&b->at(n));
    }
    const std::uint64_t before = a.footprint().nodes + b->footprint().nodes;
    a.merge(*b);
    EXPECT_EQ(b->size(), 50U);
    expect_exact(a);
    expect_exact(*b);
    const std::uint64_t after = a.footprint().nodes + b->footprint().nodes;
    EXPECT_LT(before, after + 16'384);
    EXPECT_LT(after, before + 16'384);
    b.reset();
    for (int n = 100; n < 20'000; ++n) {
        ASSERT_EQ(&a.at(n), places[static_cast<std::size_t>(n - 100)]);
        ASSERT_EQ(a.at(n), text(n));
    }
    // They are a's: their pages are given back, and filled, as its own.
    for (int n = 100; n < 20'000; ++n) {
        if (n % 4 != 0) {
            a.erase(n);
        }
    }
    const std::uint64_t quarter = a.footprint().nodes;
    fill(a, 30'000, 40'000);
    expect_exact(a);
    EXPECT_LE(a.footprint().nodes, quarter + quarter / 20);
    a.clear();
    EXPECT_EQ(a.footprint().total(), 0U);
}

// More slabs than have their descriptors in blocks of the malloc's: those of the others lie
// together, and are two maps' and nobody's in the end.
TEST(node_moves, many_slabs_change_their_map_and_outlive_it) {
    constexpr int size = 80'000;
    const auto ranges = [] { // of slabs, and of descriptors
        return ebb::page_ranges::in_use(slab_bytes) + ebb::page_ranges::in_use(16 * ebb::kib);
    };
    const std::size_t before = ranges();
    std::optional<strings> a(std::in_place);
    std::optional<strings> b(std::in_place);
    std::optional<strings> c(std::in_place);
    fill(*a, 0, size);
    std::vector<const std::string*> places;
    for (int n = 0; n < size; ++n) {
        places.push_back(&a->at(n));
    }
    fill(*b, size, size + 30'000);
    b->merge(*a);
    expect_exact(*a);
    expect_exact(*b);
    EXPECT_LT(a->footprint().nodes, slab_bytes); // what is known of slabs that are b's now
    fill(*a, 0, 30'000);                         // in slabs of its own again
    expect_exact(*a);
    a.reset();
    for (int n = 0; n < size; n += 3) {
        b->erase(n);
    }
    expect_exact(*b);
    c->merge(*b);
    expect_exact(*b);
    expect_exact(*c);
    b.reset();
    std::vector<strings::node_type> handles;
    for (int n = 1; n < size; n += 3'000) {
        handles.push_back(c->extract(n));
        ASSERT_EQ(&handles.back().mapped(), places[static_cast<std::size_t>(n)]);
    }
    for (int n = 2; n < size; n += 3) {
        ASSERT_EQ(c->at(n), text(n));
        ASSERT_EQ(&c->at(n), places[static_cast<std::size_t>(n)]);
        c->erase(n);
    }
    expect_exact(*c);
    strings d;
    for (std::size_t n = 0; n < handles.size(); n += 2) {
        d.insert(std::move(handles[n]));
    }
    c.reset();
    expect_exact(d);
    EXPECT_EQ(d.at(1), text(1));
    EXPECT_EQ(handles[1].mapped(), text(3'001));
    handles.clear();
    d.clear();
    EXPECT_EQ(d.footprint().total(), 0U);
    EXPECT_EQ(ranges(), before);
}

TEST(node_moves, merge_beside_handles_and_back) {
    strings a;
    strings b;
    fill(a, 0, 6'000);
    fill(b, 3'000, 9'000);
    auto handle = b.extract(8'000);
    a.merge(b);
    expect_exact(a);
    expect_exact(b);
    EXPECT_EQ(a.size() + b.size(), 11'999U);
    b.merge(a);
    expect_exact(a);
    expect_exact(b);
    EXPECT_EQ(b.size(), 8'999U);
    b.insert(std::move(handle));
    for (int n = 0; n < 9'000; ++n) {
        ASSERT_EQ(b.at(n), text(n));
        b.erase(n);
    }
    expect_exact(b);
    a.clear();
    b.clear();
    EXPECT_EQ(a.footprint().total() + b.footprint().total(), 0U);
}

// A map gives nodes to another thread's map, which ends them, while it goes on, and ends first.
TEST(node_moves, nodes_end_on_other_threads) {
    std::mutex lock;
    std::condition_variable came;
    std::deque<strings::node_type> way;
    bool closed = false;
    std::atomic<int> wrong = 0;
    const auto receive = [&] {
        strings mine;
        int met = 0;
        for (;;) {
            strings::node_type handle;
            {
                std::unique_lock hold(lock);
                came.wait(hold, [&] { return !way.empty() || closed; });
                if (way.empty()) {
                    break;
                }
                handle = std::move(way.front());
                way.pop_front();
            }
            wrong += handle.mapped() != text(handle.key()) ? 1 : 0;
            if (++met % 3 != 0) {
                mine.insert(std::move(handle));
            }
            if (met % 5 == 0) {
                mine.erase(mine.begin());
            }
        }
        for (const auto& [n, s] : mine) {
            wrong += s != text(n) ? 1 : 0;
        }
        mine.validate();
    };
    std::thread first(receive);
    std::thread second(receive);
    {
        strings a;
        fill(a, 0, 4'000);
        for (int n = 0; n < 4'000; ++n) {
            {
                const std::lock_guard hold(lock);
                way.push_back(a.extract(n));
            }
            came.notify_one();
            a.emplace(n + 10'000, text(n + 10'000));
            if (n % 2 == 0) {
                a.erase(n + 10'000);
            }
        }
        a.validate();
    }
    {
        const std::lock_guard hold(lock);
        closed = true;
    }
    came.notify_all();
    first.join();
    second.join();
    EXPECT_EQ(wrong, 0);
}

} // namespace
