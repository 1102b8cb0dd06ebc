// Copy, move and swap, with what a hash carries.
#include <tests/maps/contract/fixture.h>

namespace tests {

template <class F>
class ownership : public contract<F> {};
TYPED_TEST_SUITE(ownership, maps_and_sets, family_name);

TYPED_TEST(ownership, a_copy_is_another) {
    using map = typename TestFixture::kept;
    EBB_WHERE(copies<map>) {
        for (const int size : {0, 1, 10, 1000}) {
            auto c = this->template make<map>(number_hash{3}, number_equal{4});
            fill(c, 0, size);
            map d(c);
            EXPECT_EQ(d.hash_function().id, 3);
            EXPECT_EQ(d.key_eq().id, 4);
            expect_holds(d, numbers(0, size));
            fill(d, size, size + 5);
            d.erase(plain(0));
            expect_holds(c, numbers(0, size));
        }
    }
}

TYPED_TEST(ownership, copy_assignment_replaces_all) {
    using map = typename TestFixture::kept;
    EBB_WHERE(copies<map>) {
        for (const int from : {0, 5, 700}) {
            for (const int to : {0, 3, 900}) {
                auto c = this->template make<map>(number_hash{3}, number_equal{4});
                fill(c, 0, from);
                auto d = this->template make<map>(number_hash{1});
                fill(d, 100, 100 + to);
                map& same = d = c;
                EXPECT_EQ(&same, &d);
                EXPECT_EQ(d.hash_function().id, 3);
                EXPECT_EQ(d.key_eq().id, 4);
                ASSERT_NO_FATAL_FAILURE(expect_holds(d, numbers(0, from)));
                ASSERT_NO_FATAL_FAILURE(expect_holds(c, numbers(0, from)));
            }
        }
    }
}

TYPED_TEST(ownership, assignment_to_itself_changes_nothing) {
    using map = typename TestFixture::kept;
    auto c = this->template make<map>();
    fill(c, 0, 50);
    map& alias = c;
    if constexpr (copies<map>) {
        c = alias;
        expect_holds(c, numbers(0, 50));
    }
    c.swap(alias);
    expect_holds(c, numbers(0, 50));
    c = std::move(alias); // the standard leaves it valid, no more
    c.clear();
    fill(c, 0, 10);
    expect_holds(c, numbers(0, 10));
}

TYPED_TEST(ownership, a_move_takes_all_and_moves_no_element) {
    using map = typename TestFixture::kept;
    for (const int size : {0, 1, 10, 1000}) {
        auto c = this->template make<map>(number_hash{3}, number_equal{4});
        fill(c, 0, size);
        census::copies = census::moves = 0;
        map d(std::move(c));
        EXPECT_EQ(census::copies + census::moves, 0);
        EXPECT_EQ(d.hash_function().id, 3);
        EXPECT_EQ(d.key_eq().id, 4);
        expect_holds(d, numbers(0, size));
    }
    static_assert(std::is_nothrow_move_constructible_v<map>);
}

TYPED_TEST(ownership, what_was_moved_from_can_be_used_again) {
    using map = typename TestFixture::kept;
    auto c = this->template make<map>();
    fill(c, 0, 300);
    map d(std::move(c));
    c.clear(); // NOLINT(bugprone-use-after-move): that is the promise
    EXPECT_TRUE(c.empty());
    EXPECT_TRUE(c.begin() == c.end());
    EXPECT_FALSE(c.contains(plain(1)));
    EXPECT_EQ(c.erase(plain(1)), 0U);
    fill(c, 5, 400);
    expect_holds(c, numbers(5, 400));
    expect_holds(d, numbers(0, 300));
    d = std::move(c);
    expect_holds(d, numbers(5, 400));
    c = std::move(d); // NOLINT(bugprone-use-after-move)
    expect_holds(c, numbers(5, 400));
}

TYPED_TEST(ownership, move_assignment_drops_the_old_and_takes_the_new) {
    using map = typename TestFixture::template of<move_only>;
    for (const int from : {0, 5, 700}) {
        for (const int to : {0, 3, 900}) {
            auto c = this->template make<map>(number_hash{3}, number_equal{4});
            fill(c, 0, from);
            auto d = this->template make<map>(number_hash{1});
            fill(d, 100, 100 + to);
            d = std::move(c);
            EXPECT_EQ(d.hash_function().id, 3);
            ASSERT_NO_FATAL_FAILURE(expect_holds(d, numbers(0, from)));
            EXPECT_EQ(census::live, from * (is_map<map> ? 2 : 1));
        }
    }
}

TYPED_TEST(ownership, swap_exchanges_elements_and_functions) {
    using map = typename TestFixture::kept;
    for (const int left : {0, 1, 800}) {
        for (const int right : {0, 2, 500}) {
            auto c = this->template make<map>(number_hash{3, spread::low_bits});
            auto d = this->template make<map>(number_hash{5}, number_equal{6});
            fill(c, 0, left);
            fill(d, 50, 50 + right);
            census::copies = census::moves = 0;
            if (left % 2 == 0) {
                c.swap(d);
            } else {
                using std::swap;
                swap(c, d);
            }
            EXPECT_EQ(census::copies + census::moves, 0);
            EXPECT_EQ(c.hash_function().id, 5);
            EXPECT_EQ(d.hash_function().as, spread::low_bits);
            EXPECT_EQ(c.key_eq().id, 6);
            ASSERT_NO_FATAL_FAILURE(expect_holds(c, numbers(50, 50 + right)));
            ASSERT_NO_FATAL_FAILURE(expect_holds(d, numbers(0, left)));
            fill(c, 50, 90);
            fill(d, 0, 30);
            expect_holds(c, numbers(50, std::max(50 + right, 90)));
        }
    }
}

TYPED_TEST(ownership, references_outlive_a_move_and_a_swap_where_they_are_kept) {
    EBB_WHERE(TypeParam::keeps_references) {
        using map = typename TestFixture::ints;
        auto c = this->make_with(0, 500);
        const auto* const at = &*c.find(5);
        map d(std::move(c));
        EXPECT_EQ(at, &*d.find(5));
        auto e = this->make_with(600, 700);
        e.swap(d);
        EXPECT_EQ(at, &*e.find(5));
        d = std::move(e);
        EXPECT_EQ(at, &*d.find(5));
        d.reserve(10'000);
        EXPECT_EQ(at, &*d.find(5));
    }
}

TYPED_TEST(ownership, moves_and_swaps_say_that_they_never_throw) {
    using map = typename TestFixture::ints;
    static_assert(std::is_nothrow_move_constructible_v<map>);
    static_assert(std::is_nothrow_swappable_v<map>);
    static_assert(std::is_nothrow_destructible_v<map>);
    static_assert(noexcept(std::declval<map&>().clear()));
    static_assert(noexcept(std::declval<const map&>().size()));
    static_assert(noexcept(std::declval<const map&>().begin()));
}

TYPED_TEST(ownership, a_copy_of_a_map_that_holds_room_is_as_small_as_its_elements) {
    using map = typename TestFixture::kept;
    EBB_WHERE(copies<map> && reserves<map>) {
        auto c = this->template make<map>();
        c.reserve(5000);
        const map none(c);
        expect_holds(none, {});
        if constexpr (has_footprint<map>) {
            EXPECT_LE(none.footprint().total(), c.footprint().total() / 100);
        }
        fill(c, 0, 10);
        map few(c);
        expect_holds(few, numbers(0, 10));
        fill(few, 10, 6000);
        expect_holds(few, numbers(0, 6000));
        few = c;
        expect_holds(few, numbers(0, 10));
        fill(c, 10, 4000);
        expect_holds(c, numbers(0, 4000));
    }
}

TYPED_TEST(ownership, maps_live_in_containers_and_in_maps) {
    using map = typename TestFixture::ints;
    std::vector<map> many;
    for (int n = 0; n < 20; ++n) {
        many.push_back(this->make_with(0, n)); // the vector grows: maps move
    }
    std::rotate(many.begin(), many.begin() + 7, many.end());
    for (int n = 0; n < 20; ++n) {
        expect_holds(many[static_cast<std::size_t>(n)], numbers(0, (n + 7) % 20));
    }
    many.erase(many.begin() + 3);
    many.clear();
    if constexpr (is_map<map>) {
        using outer = typename TypeParam::template map<int, map, number_hash, number_equal>;
        auto c = this->template make<outer>();
        for (int n = 0; n < 40; ++n) {
            c.emplace(n, this->make_with(0, n));
        }
        for (int n = 0; n < 40; n += 2) {
            c.erase(n);
        }
        for (int n = 1; n < 40; n += 2) {
            ASSERT_NO_FATAL_FAILURE(expect_holds(c.find(n)->second, numbers(0, n)));
        }
    }
}

} // namespace tests
