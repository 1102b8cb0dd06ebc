// The nodes of node maps: pages that follow what survives, references that stay, no memory.
#include <ebb/maps/node_hash_set.h>

#include <gtest/gtest.h>
#include <tests/maps/contract/faults.h>
#include <tests/maps/hash/nodes.h>
#include <tests/support/random.h>

#include <array>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace {

using namespace tests;

TEST(node_store, resident_pages_follow_what_survives) {
    if (!kernel_tells()) {
        GTEST_SKIP() << "the kernel doesn't say what is resident";
    }
    constexpr std::uint64_t count = 100'000;
    node_map m;
    fill(m, 0, count);
    const slabs all(m);
    const std::size_t full = all.resident();
    EXPECT_GE(full, (count - 128) * 128); // the first 128 are apart
    EXPECT_LE(full, count * 128 / 100 * 103);
    expect_exact(m);
    // The nodes of the first half lie together: their pages go. What is held is what is resident,
    // but for the last half page and the blocks apart.
    for (std::uint64_t k = 0; k < count / 2; ++k) {
        m.erase(k);
    }
    expect_exact(m);
    EXPECT_LE(all.resident(), full / 2 + 32 * ebb::os::page_size() + slab_bytes / 4);
    EXPECT_LE(all.resident(), m.footprint().nodes);
    EXPECT_GE(all.resident() + 65536, m.footprint().nodes);
    // One of 1,000 keeps a page of 32, here and there.
    for (std::uint64_t k = count / 2; k < count; ++k) {
        if (k % 1000 != 0) {
            m.erase(k);
        }
    }
    expect_exact(m);
    EXPECT_LE(all.resident(), (m.size() * 2 + 32 + m.footprint().nodes / slab_bytes) * 4096 +
                                  full / slab_bytes * ebb::os::page_size());
    for (std::uint64_t k = count / 2; k < count; k += 1000) {
        m.erase(k);
    }
    expect_exact(m);
    EXPECT_EQ(m.footprint().total(), 0U);
    EXPECT_EQ(all.resident(), 0U);
}

TEST(node_store, what_comes_back_fills_what_survivors_left) {
    random_engine random(new_seed());
    node_map m;
    fill(m, 0, 50'000);
    const std::uint64_t full = m.footprint().nodes;
    for (int round = 0; round < 4; ++round) {
        for (std::uint64_t k = 0; k < 50'000; ++k) {
            if (below(random, 2) == 0) {
                m.erase(k);
            }
        }
        for (std::uint64_t k = 0; k < 50'000; ++k) {
            m.emplace(k, value(k));
        }
        ASSERT_LE(m.footprint().nodes, full + slab_bytes); // one that is not yet full
    }
    expect_exact(m);
}

TEST(node_store, survivors_gather_while_others_come_and_go) {
    random_engine random(new_seed());
    node_map m;
    fill(m, 0, 50'000);
    std::vector<std::uint64_t> keys;
    for (std::uint64_t k = 0; k < 50'000; ++k) {
        if (below(random, 5) == 0) {
            keys.push_back(k);
        } else {
            m.erase(k);
        }
    }
    for (std::uint64_t k = 100'000; k < 250'000; ++k) {
        std::uint64_t& one = keys[below(random, keys.size())];
        m.erase(one);
        one = k;
        m.emplace(k, value(k));
    }
    expect_exact(m);
    // 1.0 to 1.1; 3 where the emptiest slab is filled first.
    EXPECT_LE(m.footprint().nodes, m.size() * sizeof(node_map::value_type) * 3 / 2);
}

TEST(node_store, references_stay_while_others_come_and_go) {
    random_engine random(new_seed());
    node_map m;
    fill(m, 0, 30'000);
    std::vector<std::pair<std::uint64_t, bytes<120>*>> kept;
    for (std::uint64_t k = 0; k < 30'000; ++k) {
        if (below(random, 50) == 0) {
            kept.emplace_back(k, &m.at(k));
        } else {
            m.erase(k);
        }
    }
    fill(m, 30'000, 60'000);
    for (const auto& [k, at] : kept) {
        ASSERT_EQ(&m.at(k), at);
        ASSERT_EQ(*at, value(k));
    }
    expect_exact(m);
}

TEST(node_store, small_maps_have_no_pages) {
    node_map m;
    EXPECT_EQ(m.footprint().total(), 0U);
    m.emplace(1U, value(1));
    EXPECT_EQ(m.footprint().nodes, sizeof(node_map::value_type));
    fill(m, 2, 101);
    EXPECT_EQ(m.footprint().nodes, 100 * sizeof(node_map::value_type));
    expect_exact(m);
    // In and out of slabs at the border: all of it goes in the end.
    for (int round = 0; round < 5; ++round) {
        fill(m, 101, 400);
        expect_exact(m);
        for (std::uint64_t k = 101; k < 400; ++k) {
            m.erase(k);
        }
        expect_exact(m);
    }
    m.clear();
    EXPECT_EQ(m.footprint().total(), 0U);
}

TEST(node_store, no_erase_gives_back_more_than_two_mebibytes_and_a_slab) {
    random_engine random(new_seed());
    node_map m;
    fill(m, 0, 50'000);
    std::vector<std::uint64_t> keys(50'000);
    for (std::uint64_t k = 0; k < keys.size(); ++k) {
        keys[k] = k;
    }
    shuffle(keys.begin(), keys.end(), random);
    std::uint64_t before = m.footprint().nodes;
    for (const std::uint64_t k : keys) {
        m.erase(k);
        const std::uint64_t now = m.footprint().nodes;
        ASSERT_LE(before, now + 2 * ebb::mib + slab_bytes);
        before = now;
    }
    EXPECT_EQ(m.footprint().total(), 0U);
}

TEST(node_store, without_memory_nothing_changes) {
    using failing = ebb::node_hash_map<std::uint64_t, bytes<120>, ebb::hash<std::uint64_t>,
                                       std::equal_to<std::uint64_t>, growing_subject>;
    growing_subject memory;
    {
        failing m(memory);
        std::uint64_t failures = 0;
        for (std::uint64_t k = 0; k < 5'000; ++k) {
            for (std::uint64_t point = 0;; ++point) {
                const std::uint64_t before = memory.read().requested;
                faults::arm(faults::allocation, point);
                try {
                    m.emplace(k, value(k));
                    faults::disarm();
                    break;
                } catch (const std::bad_alloc&) {
                    faults::disarm();
                    ++failures;
                    ASSERT_EQ(m.size(), k);
                    ASSERT_FALSE(m.contains(k));
                    ASSERT_GE(memory.read().requested, before);
                    if (k % 64 == 0) {
                        m.validate();
                    }
                }
            }
        }
        EXPECT_GT(failures, 120U);
        m.validate();
        EXPECT_EQ(m.footprint().total(), memory.read().requested);
    }
    EXPECT_EQ(memory.read().requested, 0U);
}

template <std::size_t Size, std::size_t Alignment>
struct alignas(Alignment) sized {
    char all[Size];
};

template <class Value>
void expect_any_node(int count) {
    SCOPED_TRACE(sizeof(Value));
    ebb::node_hash_map<int, Value> m;
    for (int n = 0; n < count; ++n) {
        Value& v = m[n];
        ASSERT_EQ(ebb::address_of(&v) % alignof(Value), 0U);
        v.all[sizeof v.all - 1] = static_cast<char>(n);
        v.all[0] = static_cast<char>(n);
    }
    expect_exact(m);
    for (int n = 0; n < count; ++n) {
        ASSERT_EQ(m.at(n).all[0], static_cast<char>(n));
        ASSERT_EQ(m.at(n).all[sizeof(Value::all) - 1], static_cast<char>(n));
        if (n % 3 != 0) {
            m.erase(n);
        }
    }
    expect_exact(m);
    for (int n = count; n < count + count / 2; ++n) {
        m[n].all[0] = 1;
    }
    expect_exact(m);
    m.clear();
    EXPECT_EQ(m.footprint().total(), 0U);
}

TEST(node_store, nodes_of_any_size_and_alignment) {
    expect_any_node<sized<1, 1>>(5'000);
    expect_any_node<sized<1028, 1>>(1'000);
    expect_any_node<sized<4096, 1>>(300);
    expect_any_node<sized<10'000, 1>>(200);
    expect_any_node<sized<16'376, 1>>(100);
    expect_any_node<sized<40'000, 1>>(20);
    expect_any_node<sized<64, 64>>(2'000);
    expect_any_node<sized<4096, 4096>>(60);
    expect_any_node<sized<8192, 8192>>(10);
    ebb::node_hash_set<char> bytes_each;
    ebb::node_hash_set<std::uint16_t> shorts;
    for (unsigned n = 0; n < 65'536; ++n) {
        bytes_each.insert(static_cast<char>(n));
        shorts.insert(static_cast<std::uint16_t>(n));
    }
    EXPECT_EQ(bytes_each.size(), 256U);
    EXPECT_EQ(shorts.size(), 65'536U);
    expect_exact(bytes_each);
    expect_exact(shorts);
    while (!shorts.empty()) {
        shorts.erase(shorts.begin());
    }
    EXPECT_EQ(shorts.footprint().nodes, 0U);
}

} // namespace
