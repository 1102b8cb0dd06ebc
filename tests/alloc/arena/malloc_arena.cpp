// Run a second time for each malloc that is installed, preloaded: what they give for 8 bytes need
// not be aligned to 16.
#include <ebb/alloc/arena/malloc_arena.h>
#include <ebb/alloc/arena/page_memory.h>
#include <ebb/alloc/arena/pmr_resource.h>
#include <ebb/alloc/base/bytes.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace {

template <class Arena>
class over_malloc : public ::testing::Test {};
using arenas_over_malloc = ::testing::Types<ebb::malloc_arena, ebb::page_memory>;
TYPED_TEST_SUITE(over_malloc, arenas_over_malloc);

TYPED_TEST(over_malloc, aligns_each_block_as_it_was_asked_for) {
    TypeParam a;
    std::vector<void*> blocks;
    for (std::size_t alignment = 1; alignment <= 8192; alignment *= 2) {
        for (const std::size_t bytes : {0U, 1U, 8U, 15U, 24U, 100U}) {
            for (int n = 0; n < 64; ++n) {
                void* const p = a.allocate(bytes, alignment);
                EXPECT_TRUE(ebb::is_aligned(p, alignment)) << bytes << ' ' << alignment;
                blocks.push_back(p);
            }
            EXPECT_EQ(a.read().requested, 64 * bytes);
            for (void* const p : blocks) {
                a.deallocate(p, bytes, alignment);
            }
            blocks.clear();
            EXPECT_EQ(a.read().requested, 0U);
            a.validate();
        }
    }
}

TEST(malloc_arena, aligns_zeroed_blocks_and_its_resources) {
    ebb::malloc_arena a;
    ebb::pmr_resource<ebb::malloc_arena> face(a);
    std::pmr::memory_resource& resource = face;
    for (int n = 0; n < 64; ++n) {
        auto* const p = static_cast<std::byte*>(a.allocate_zeroed(8, 16));
        EXPECT_TRUE(ebb::is_aligned(p, 16));
        EXPECT_TRUE(std::all_of(p, p + 8, [](std::byte b) { return b == std::byte{0}; }));
        void* const q = resource.allocate(8); // for any object: 16
        EXPECT_TRUE(ebb::is_aligned(q, 16));
        resource.deallocate(q, 8);
        a.deallocate(p, 8, 16);
    }
    EXPECT_EQ(a.read().mapped, 0U);
}

} // namespace
