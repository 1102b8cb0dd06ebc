// The two faces of an arena: pmr_resource and arena_allocator.
#include <ebb/alloc/arena/bump.h>
#include <ebb/alloc/arena/malloc_arena.h>
#include <ebb/alloc/arena/pmr_resource.h>
#include <ebb/alloc/arena/sized.h>
#include <ebb/alloc/arena/std_allocator.h>

#include <gtest/gtest.h>

#include <deque>
#include <limits>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

template <class T>
using in_sized = ebb::arena_allocator<T, ebb::sized>;
using vector_in_sized = std::vector<int, in_sized<int>>;

TEST(pmr_resource, two_faces_of_one_arena_are_equal) {
    ebb::sized one;
    ebb::sized two;
    const ebb::pmr_resource a(one);
    const ebb::pmr_resource b(one);
    const ebb::pmr_resource c(two);
    EXPECT_EQ(a, b);
    EXPECT_NE(a, c);
    EXPECT_NE(static_cast<const std::pmr::memory_resource&>(a), *std::pmr::new_delete_resource());
}

TEST(arena_allocator, containers_give_every_byte_back) {
    ebb::sized arena;
    {
        vector_in_sized v(arena);
        std::map<int, int, std::less<>, in_sized<std::pair<const int, int>>> tree(arena);
        std::unordered_map<int, int, std::hash<int>, std::equal_to<>,
                           in_sized<std::pair<const int, int>>>
            table(arena);
        std::deque<int, in_sized<int>> deque(arena);
        std::basic_string<char, std::char_traits<char>, in_sized<char>> text(arena);
        for (int i = 0; i < 10'000; ++i) {
            v.push_back(i);
            tree[i] = i;
            table[i] = i;
            deque.push_back(i);
            text.push_back('x');
        }
        EXPECT_EQ(tree.at(777) + table.at(777) + deque[777] + v[777], 4 * 777);
        EXPECT_GE(arena.read().requested, v.capacity() * sizeof(int) + text.capacity());
        arena.validate();
    }
    EXPECT_EQ(arena.read().live(), 0U);
}

TEST(arena_allocator, requested_is_what_the_container_holds) {
    ebb::malloc_arena arena;
    std::vector<std::uint64_t, ebb::arena_allocator<std::uint64_t, ebb::malloc_arena>> v(arena);
    v.reserve(1000);
    EXPECT_EQ(arena.read().requested, 8000U);
}

TEST(arena_allocator, a_move_takes_the_arena_along_and_moves_no_element) {
    ebb::sized one;
    ebb::sized two;
    vector_in_sized a({1, 2, 3}, one);
    vector_in_sized b({4}, two);
    const int* const data = a.data();
    b = std::move(a);
    EXPECT_EQ(b.data(), data);
    EXPECT_EQ(&b.get_allocator().arena(), &one);
    EXPECT_EQ(two.read().requested, 0U);
}

TEST(arena_allocator, a_swap_between_arenas_is_defined) {
    ebb::sized one;
    ebb::sized two;
    vector_in_sized a({1, 2, 3}, one);
    vector_in_sized b({4}, two);
    swap(a, b);
    EXPECT_EQ(&a.get_allocator().arena(), &two);
    EXPECT_EQ(a, vector_in_sized({4}, one));
}

TEST(arena_allocator, a_copy_assigned_container_stays_in_its_arena) {
    ebb::sized one;
    ebb::sized two;
    const vector_in_sized a({1, 2, 3}, one);
    vector_in_sized b({4}, two);
    b = a;
    EXPECT_EQ(&b.get_allocator().arena(), &two);
    const vector_in_sized c(a);
    EXPECT_EQ(&c.get_allocator().arena(), &one);
}

TEST(arena_allocator, more_than_size_t_can_say_is_refused) {
    ebb::sized arena;
    in_sized<std::uint64_t> allocator(arena);
    const volatile std::size_t count = std::numeric_limits<std::size_t>::max() / 4;
    EXPECT_THROW(static_cast<void>(allocator.allocate(count)), std::bad_array_new_length);
}

TEST(arena_allocator, a_vector_growing_alone_in_bump_leaves_its_old_blocks_dead) {
    ebb::bump arena;
    std::vector<char, ebb::arena_allocator<char, ebb::bump>> v(arena);
    for (int i = 0; i < 1024; ++i) {
        v.push_back('x');
    }
    EXPECT_EQ(arena.read().requested, 1024U);
    EXPECT_EQ(arena.read().dead, 1023U);
    arena.validate();
}

} // namespace
