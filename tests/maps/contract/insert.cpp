// insert and emplace, for maps and sets.
#include <tests/maps/contract/fixture.h>

#include <list>

namespace tests {

template <class F>
class insert : public contract<F> {};
TYPED_TEST_SUITE(insert, maps_and_sets, family_name);

TYPED_TEST(insert, says_where_and_whether) {
    auto c = this->make();
    using map = decltype(c);
    const auto first = element<map>(3);
    const auto [at, fresh] = c.insert(first);
    EXPECT_TRUE(fresh);
    EXPECT_EQ(key_of<map>(*at), 3);
    const auto [again, refused] = c.insert(element<map>(3));
    EXPECT_FALSE(refused);
    EXPECT_EQ(key_of<map>(*again), 3);
    EXPECT_TRUE(again == c.find(3));
    expect_holds(c, {3});
}

TYPED_TEST(insert, leaves_the_value_that_is_there) {
    auto c = this->make();
    EBB_WHERE(is_map<decltype(c)>) {
        c.insert({1, 17});
        c.insert({1, 99});
        c.emplace(1, 99);
        c.try_emplace(1, 99);
        EXPECT_EQ(c.at(1), 17);
        EXPECT_EQ(c.size(), 1U);
    }
}

TYPED_TEST(insert, each_of_many_at_every_size) {
    auto c = this->make();
    for (int n = 0; n < 3000; ++n) {
        ASSERT_TRUE(c.insert(element<decltype(c)>(n)).second) << n;
        ASSERT_FALSE(c.insert(element<decltype(c)>(n / 2)).second) << n;
        ASSERT_EQ(c.size(), static_cast<std::size_t>(n) + 1);
        if (n < 300 || n % 64 == 0) {
            ASSERT_NO_FATAL_FAILURE(expect_holds(c, numbers(0, n + 1))) << n;
            ASSERT_NO_FATAL_FAILURE(this->expect_accounted(c));
        }
    }
}

TYPED_TEST(insert, moves_an_rvalue_and_copies_an_lvalue) {
    auto c = this->template make<typename TestFixture::kept>();
    using map = decltype(c);
    auto e = element<map>(1);
    c.insert(e);
    EXPECT_EQ(number_of(key_of<map>(e)), 1);
    auto moved = element<map>(2);
    census::copies = 0;
    c.insert(std::move(moved));
    EXPECT_EQ(census::copies, 0);
    expect_holds(c, {1, 2});
}

TYPED_TEST(insert, of_a_key_that_is_there_copies_and_moves_nothing) {
    auto c = this->template make<typename TestFixture::kept>();
    using map = decltype(c);
    fill(c, 0, 20);
    const typename map::value_type e = *c.find(key<map>(7));
    const plain k(7);
    census::copies = census::moves = 0;
    c.insert(e);
    if constexpr (inserts_hinted<map>) {
        c.insert(c.cbegin(), e);
        c.insert(&e, &e + 1);
    }
    if constexpr (is_map<map>) {
        c.try_emplace(k, e.second);
        c.try_emplace(plain(7), plain(1));
        c[k];
    }
    EXPECT_EQ(census::copies + census::moves, 0);
    expect_holds(c, numbers(0, 20));
}

TYPED_TEST(insert, takes_what_can_only_be_moved) {
    auto c = this->template make<typename TestFixture::template of<move_only>>();
    using map = decltype(c);
    for (int n = 0; n < 200; ++n) {
        ASSERT_TRUE(c.insert(element<map>(n)).second);
        ASSERT_FALSE(c.emplace(element<map>(n)).second);
    }
    expect_holds(c, numbers(0, 200));
}

TYPED_TEST(insert, emplace_makes_the_element_from_arguments) {
    auto c = this->template make<typename TestFixture::kept>();
    using map = decltype(c);
    if constexpr (is_map<map>) {
        EXPECT_TRUE(c.emplace(1, value_for(1)).second); // explicit constructors
        EXPECT_TRUE(c.emplace(plain(2), plain(value_for(2))).second);
        EXPECT_TRUE(c.emplace(std::piecewise_construct, std::forward_as_tuple(3),
                              std::forward_as_tuple(value_for(3)))
                        .second);
        EXPECT_FALSE(
            c.emplace(std::piecewise_construct, std::forward_as_tuple(3), std::forward_as_tuple(0))
                .second);
    } else {
        EXPECT_TRUE(c.emplace(1).second);
        EXPECT_TRUE(c.emplace(plain(2)).second);
        EXPECT_TRUE(c.emplace(3).second);
        EXPECT_FALSE(c.emplace(3).second);
    }
    expect_holds(c, {1, 2, 3});
}

TYPED_TEST(insert, emplace_of_nothing_is_the_default_element) {
    auto c = this->template make<typename TestFixture::kept>();
    EXPECT_TRUE(c.emplace().second);
    EXPECT_FALSE(c.emplace().second);
    EXPECT_TRUE(c.contains(plain(0)));
    EXPECT_EQ(c.size(), 1U);
}

TYPED_TEST(insert, a_range_whole_in_part_and_empty) {
    auto c = this->make();
    using map = decltype(c);
    EBB_WHERE(inserts_range<map>) {
        std::list<decltype(element<map>(0))> from; // bidirectional, of pair<int, int>
        for (int n = 0; n < 500; ++n) {
            from.push_back(element<map>(n % 300));
        }
        c.insert(from.begin(), std::next(from.begin(), 10));
        expect_holds(c, numbers(0, 10));
        c.insert(from.begin(), from.end());
        expect_holds(c, numbers(0, 300));
        c.insert(from.end(), from.end());
        expect_holds(c, numbers(0, 300));
        c.insert({element<map>(300), element<map>(5), element<map>(301)});
        expect_holds(c, numbers(0, 302));
        this->expect_accounted(c);
    }
}

TYPED_TEST(insert, a_hint_is_a_hint) {
    auto c = this->make();
    using map = decltype(c);
    EBB_WHERE(inserts_hinted<map>) {
        for (int n = 0; n < 100; ++n) {
            const auto e = element<map>(n);
            const auto at = n % 2 == 0 ? c.insert(c.cend(), e) : c.emplace_hint(c.cbegin(), e);
            ASSERT_EQ(key_of<map>(*at), n);
            const auto right = c.find(n);
            ASSERT_TRUE(c.insert(right, element<map>(n)) == right);
        }
        expect_holds(c, numbers(0, 100));
    }
}

TYPED_TEST(insert, references_outlive_growth_where_that_is_promised) {
    EBB_WHERE(TypeParam::keeps_references) {
        auto c = this->make_with(0, 10);
        using map = decltype(c);
        const auto* const at = &*c.find(5);
        fill(c, 10, 5000);
        EXPECT_EQ(at, &*c.find(5));
        for (int n = 10; n < 5000; ++n) {
            c.erase(n);
        }
        EXPECT_EQ(at, &*c.find(5));
        EXPECT_EQ(key_of<map>(*at), 5);
    }
}

} // namespace tests
