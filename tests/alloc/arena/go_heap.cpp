#include <ebb/alloc/arena/go_heap.h>

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace {

using ebb::mib;

TEST(go_heap, rounds_as_gos_allocator_does) {
    ebb::go_heap heap;
    void* const bucket = heap.allocate(1104);
    EXPECT_EQ(heap.read().requested, 1104U);
    EXPECT_EQ(heap.read().live(), 1152U);
    void* const large = heap.allocate(40'000);
    EXPECT_EQ(heap.read().live(), 1152U + 40'960U);
    heap.validate();
    heap.deallocate(bucket, 1104);
    heap.deallocate(large, 40'000);
    EXPECT_EQ(heap.read().live(), 0U);
}

TEST(go_heap, keeps_the_dead_until_it_collects) {
    ebb::go_heap heap;
    void* const p = heap.allocate(1000);
    heap.deallocate(p, 1000);
    EXPECT_EQ(heap.read().dead, 1024U);
    void* const q = heap.allocate(1000);
    EXPECT_NE(p, q);
    heap.validate();
    heap.collect();
    EXPECT_EQ(heap.read().dead, 0U);
    EXPECT_EQ(heap.read().live(), 1024U);
    EXPECT_EQ(heap.allocate(1000), p);
    heap.validate();
}

TEST(go_heap, a_dead_large_block_goes_back_when_collected) {
    ebb::go_heap heap;
    void* const p = heap.allocate_zeroed(mib);
    EXPECT_EQ(static_cast<char*>(p)[mib - 1], 0);
    heap.deallocate(p, mib);
    EXPECT_EQ(heap.read().dead, mib);
    EXPECT_EQ(heap.read().mapped, mib + heap.read().overhead);
    heap.collect();
    heap.trim();
    EXPECT_EQ(heap.read().mapped, 0U);
    EXPECT_EQ(heap.read().peak, mib);
}

TEST(go_heap, tiny_objects_share_blocks) {
    ebb::go_heap heap;
    std::vector<void*> objects;
    for (int i = 0; i < 1000; ++i) {
        objects.push_back(heap.allocate_pointer_free(4, 4));
    }
    EXPECT_EQ(heap.read().requested, 4000U);
    EXPECT_EQ(heap.read().live(), 4000U);
    for (int i = 0; i < 50; ++i) {
        objects.push_back(heap.allocate_pointer_free(3, 1));
    }
    // 15 of 16 bytes: five to a block.
    EXPECT_EQ(heap.read().live(), 4160U);
    heap.validate();
    // Three of the first four die: their block lives on, and their bytes with it.
    for (std::size_t i = 0; i < 3; ++i) {
        heap.deallocate_pointer_free(objects[i], 4, 4);
    }
    EXPECT_EQ(heap.read().dead, 12U);
    heap.validate();
    heap.collect();
    EXPECT_EQ(heap.read().dead, 0U);
    EXPECT_EQ(heap.read().live(), 4160U);
    EXPECT_EQ(heap.read().requested, 4150U - 12U);
    heap.deallocate_pointer_free(objects[3], 4, 4);
    heap.collect();
    EXPECT_EQ(heap.read().live(), 4144U);
    heap.validate();
}

TEST(go_heap, tiny_blocks_of_many_chunks_all_come_back) {
    ebb::go_heap heap;
    std::vector<void*> objects(20'000);
    for (int round = 0; round < 3; ++round) {
        for (void*& p : objects) {
            p = heap.allocate_pointer_free(8, 8);
        }
        heap.validate();
        std::shuffle(objects.begin(), objects.end(), std::mt19937_64(7));
        for (std::size_t i = 0; i < objects.size(); ++i) {
            heap.deallocate_pointer_free(objects[i], 8, 8);
            if (i % 7919 == 0) {
                heap.collect();
                heap.validate();
            }
        }
        heap.collect();
        heap.validate();
        EXPECT_EQ(heap.read().occupied(), 0U);
        EXPECT_EQ(heap.read().mapped, 0U);
    }
}

TEST(go_heap, collects_when_the_heap_has_doubled) {
    ebb::go_heap heap;
    // Garbage alone: the heap may reach 4 MiB before the first collection, not more.
    for (int i = 0; i < 100'000; ++i) {
        heap.deallocate(heap.allocate(1024), 1024);
    }
    EXPECT_GE(heap.collections(), 20U);
    EXPECT_LE(heap.read().peak, 4 * mib);
    heap.collect();
    // 64 MiB that stay: the next collection comes when as much again was handed out.
    std::vector<void*> kept(64);
    for (void*& p : kept) {
        p = heap.allocate(mib);
    }
    heap.collect();
    const auto before = heap.collections();
    std::uint64_t handed_out = 0;
    while (heap.collections() == before) {
        heap.deallocate(heap.allocate(mib), mib);
        handed_out += mib;
    }
    EXPECT_GE(handed_out, 60 * mib);
    EXPECT_LE(handed_out, 70 * mib);
    for (void* const p : kept) {
        heap.deallocate(p, mib);
    }
}

using go_heap_death = ::testing::Test;

TEST(go_heap_death, a_second_free_stops_whether_collected_or_not) {
    ebb::go_heap heap;
    void* const small = heap.allocate(64);
    void* const large = heap.allocate(mib);
    void* const tiny = heap.allocate_pointer_free(4, 4);
    static_cast<void>(heap.allocate(64));
    heap.deallocate(small, 64);
    heap.deallocate(large, mib);
    heap.deallocate_pointer_free(tiny, 4, 4);
    EXPECT_DEATH(heap.deallocate(small, 64), "freed before at 0x");
    EXPECT_DEATH(heap.deallocate(large, mib), "freed before at 0x");
    EXPECT_DEATH(heap.deallocate_pointer_free(tiny, 4, 4), "freed before at 0x");
    heap.collect();
    EXPECT_DEATH(heap.deallocate(small, 64), "freed before at 0x");
}

} // namespace
