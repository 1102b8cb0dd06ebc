// Iterators, their types and what a walk meets; the types that a container names.
#include <tests/maps/contract/fixture.h>

#include <ranges>

namespace tests {

template <class F>
class iteration : public contract<F> {};
TYPED_TEST_SUITE(iteration, maps_and_sets, family_name);

TYPED_TEST(iteration, meets_each_element_once_at_every_size) {
    auto c = this->make();
    for (int n = 0; n < 1200; ++n) {
        if (n < 200 || n % 97 == 0) {
            ASSERT_EQ(std::distance(c.begin(), c.end()), n);
            ASSERT_EQ(std::distance(c.cbegin(), c.cend()), n);
            ASSERT_EQ(keys_in(c), numbers(0, n));
        }
        c.insert(element<decltype(c)>(n));
    }
}

TYPED_TEST(iteration, two_walks_of_an_unchanged_map_agree) {
    const auto c = this->make_with(0, 500);
    using map = std::remove_const_t<decltype(c)>;
    auto a = c.begin();
    for (const auto& e : c) {
        ASSERT_EQ(key_of<map>(*a), key_of<map>(e));
        a++;
    }
    EXPECT_TRUE(a == c.end());
}

TYPED_TEST(iteration, steps_and_compares) {
    auto c = this->make_with(0, 10);
    using map = decltype(c);
    auto it = c.begin();
    const int first = key_of<map>(*it);
    const auto before = it++;
    EXPECT_EQ(key_of<map>(*before), first);
    EXPECT_NE(key_of<map>(*it), first);
    EXPECT_TRUE(before != it);
    auto other = before;
    EXPECT_TRUE(++other == it);
    typename map::const_iterator constant = it; // converts, and compares with the other kind
    EXPECT_TRUE(constant == it);
    EXPECT_TRUE(it == constant);
    constant = before;
    EXPECT_TRUE(constant == c.cbegin());
    static_assert(!std::is_convertible_v<typename map::const_iterator, typename map::iterator> ||
                  !is_map<map>);
}

TYPED_TEST(iteration, default_iterators_are_equal_and_assignable) {
    using map = typename TestFixture::ints;
    typename map::iterator a{};
    typename map::iterator b{};
    EXPECT_TRUE(a == b);
    typename map::const_iterator k{};
    k = a;
    EXPECT_TRUE(k == typename map::const_iterator());
    auto c = this->make_with(0, 3);
    a = c.begin();
    EXPECT_TRUE(a == c.begin());
}

TYPED_TEST(iteration, iterators_and_maps_model_the_concepts) {
    using map = typename TestFixture::ints;
    EBB_WHERE(holds_pairs<map>) {
        static_assert(std::forward_iterator<typename map::iterator>);
        static_assert(std::forward_iterator<typename map::const_iterator>);
        static_assert(std::sentinel_for<typename map::iterator, typename map::iterator>);
        static_assert(std::ranges::forward_range<map>);
        static_assert(std::ranges::forward_range<const map>);
        static_assert(std::ranges::common_range<map>);
        static_assert(std::ranges::sized_range<map>);
        static_assert(std::is_same_v<typename map::const_iterator::reference,
                                     const typename map::value_type&>);
        static_assert(std::derived_from<typename map::iterator::iterator_category,
                                        std::forward_iterator_tag>);
        auto c = this->make_with(0, 100);
        const auto even = [](const auto& e) { return key_of<map>(e) % 2 == 0; };
        EXPECT_EQ(std::ranges::count_if(c, even), 50);
#if !defined(__clang__) || __clang_major__ >= 16 // before, it can't read libstdc++'s views
        int sum = 0;
        for (const auto& e : c | std::views::filter(even)) {
            sum += key_of<map>(e);
        }
        EXPECT_EQ(sum, 2450);
#endif
    }
}

TYPED_TEST(iteration, names_what_a_container_names) {
    using map = typename TestFixture::ints;
    static_assert(std::is_same_v<typename map::key_type, int>);
    static_assert(std::is_same_v<typename map::hasher, number_hash>);
    static_assert(std::is_same_v<typename map::key_equal, number_equal>);
    static_assert(std::unsigned_integral<typename map::size_type>);
    static_assert(std::signed_integral<typename map::difference_type>);
    if constexpr (is_map<map>) {
        static_assert(std::is_same_v<typename map::mapped_type, int>);
        static_assert(std::is_same_v<typename map::value_type, std::pair<const int, int>>);
    } else {
        static_assert(std::is_same_v<typename map::value_type, int>);
        static_assert(std::is_same_v<decltype(*std::declval<typename map::iterator>()),
                                     const int&>); // a set's elements are its keys
    }
    if constexpr (requires(const map& m) { m.max_size(); }) {
        const auto c = this->make();
        EXPECT_GT(c.max_size(), std::size_t{1} << 31);
    }
}

TYPED_TEST(iteration, binds_to_names) {
    auto c = this->make();
    EBB_WHERE(is_map<decltype(c)>) {
        fill(c, 0, 10);
        int n = 0;
        for (auto&& [k, v] : c) {
            static_assert(std::is_const_v<std::remove_reference_t<decltype(k)>>);
            v += k;
            ++n;
        }
        const auto& constant = c;
        for (const auto& [k, v] : constant) {
            static_assert(std::is_const_v<std::remove_reference_t<decltype(v)>>);
            ASSERT_EQ(v, value_for(k) + k);
        }
        EXPECT_EQ(n, 10);
        EXPECT_EQ(c.begin()->second, value_for(c.begin()->first) + c.begin()->first);
    }
}

TYPED_TEST(iteration, for_each_meets_each_once_and_may_change_values) {
    auto c = this->make();
    using map = decltype(c);
    EBB_WHERE(visits<map>) {
        fill(c, 0, 1000);
        std::vector<int> met;
        const auto meet = [&](const auto& first, auto&... rest) {
            if constexpr (std::is_same_v<std::remove_cvref_t<decltype(first)>, int>) {
                met.push_back(first);
            } else {
                met.push_back(key_of<map>(first));
            }
            static_cast<void>(sizeof...(rest));
        };
        c.for_each(meet);
        std::sort(met.begin(), met.end());
        EXPECT_EQ(met, numbers(0, 1000));
        expect_holds(c, numbers(0, 1000));
    }
}

} // namespace tests
