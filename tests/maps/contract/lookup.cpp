// find, contains, count, equal_range, const and not, by key and by what compares like one.
#include <tests/maps/contract/fixture.h>

#include <string_view>

namespace tests {

template <class F>
class lookup : public contract<F> {};
TYPED_TEST_SUITE(lookup, maps_and_sets, family_name);

TYPED_TEST(lookup, finds_what_is_there_and_nothing_else) {
    auto c = this->make();
    using map = decltype(c);
    const map& constant = c;
    for (int n = 0; n < 1000; n += 2) {
        c.insert(element<map>(n));
    }
    for (int n = -1; n < 1002; ++n) {
        const bool in = n >= 0 && n < 1000 && n % 2 == 0;
        ASSERT_EQ(c.contains(n), in) << n;
        ASSERT_EQ(constant.contains(n), in);
        ASSERT_EQ(constant.count(n), in ? 1U : 0U);
        ASSERT_EQ(c.find(n) != c.end(), in);
        ASSERT_EQ(constant.find(n) != constant.end(), in);
        if (in) {
            ASSERT_EQ(key_of<map>(*c.find(n)), n);
            ASSERT_EQ(key_of<map>(*constant.find(n)), n);
        }
    }
    static_assert(std::is_same_v<decltype(c.find(1)), typename map::iterator>);
    static_assert(std::is_same_v<decltype(constant.find(1)), typename map::const_iterator>);
}

TYPED_TEST(lookup, after_erase_and_insert_again) {
    auto c = this->make_with(0, 200);
    for (int n = 0; n < 200; ++n) {
        ASSERT_EQ(c.erase(n), 1U);
        ASSERT_FALSE(c.contains(n));
        ASSERT_TRUE(c.insert(element<decltype(c)>(n)).second);
        ASSERT_TRUE(c.contains(n));
    }
    expect_holds(c, numbers(0, 200));
}

TYPED_TEST(lookup, equal_range_holds_one_or_none) {
    using map = typename TestFixture::ints;
    EBB_WHERE(equal_ranges<map> && equal_ranges<const map>) {
        auto c = this->make_with(0, 50);
        const map& constant = c;
        for (const int n : {0, 17, 49}) {
            const auto [first, last] = c.equal_range(n);
            ASSERT_EQ(std::distance(first, last), 1);
            ASSERT_EQ(key_of<map>(*first), n);
            const auto range = constant.equal_range(n);
            ASSERT_TRUE(range.first == first && range.second == last);
        }
        const auto [first, last] = c.equal_range(50);
        EXPECT_TRUE(first == last);
    }
}

TYPED_TEST(lookup, copies_no_key) {
    using map = typename TestFixture::template of<move_only>;
    auto c = this->template make<map>();
    fill(c, 0, 100);
    const move_only k(42);
    census::copies = census::moves = 0;
    EXPECT_TRUE(c.contains(k));
    EXPECT_EQ(c.count(k), 1U);
    EXPECT_TRUE(c.find(k) != c.end());
    EXPECT_EQ(census::copies + census::moves, 0);
}

TYPED_TEST(lookup, by_anything_that_hashes_and_compares_alike) {
    using map = typename TestFixture::template of<plain, plain, any_hash, any_equal>;
    EBB_WHERE(requires(map & m, const map& k) {
        m.find(1);
        k.find(1);
        k.contains(1);
        k.count(1);
        k.equal_range(1);
    }) {
        auto c = this->template make<map>();
        fill(c, 0, 100);
        const map& constant = c;
        const auto before = census::live;
        EXPECT_EQ(key_of<map>(*c.find(5)).number(), 5);
        EXPECT_EQ(key_of<map>(*constant.find(99L)).number(), 99);
        EXPECT_TRUE(c.find("nothing 100") == c.end());
        EXPECT_TRUE(c.contains(std::string_view("like 7")));
        EXPECT_EQ(c.count(100), 0U);
        EXPECT_EQ(std::distance(c.equal_range(3).first, c.equal_range(3).second), 1);
        EXPECT_EQ(census::live, before); // no key was made for it
    }
}

TYPED_TEST(lookup, strings_by_views_in_a_transparent_map) {
    using map = typename TestFixture::template of<std::string, int, any_hash, any_equal>;
    EBB_WHERE(requires(const map& k, std::string_view v) { k.contains(v); }) {
        auto c = this->template make<map>();
        fill(c, 0, 100);
        for (int n = 0; n < 100; ++n) {
            const auto text = make_value<std::string>(n);
            ASSERT_TRUE(c.contains(std::string_view(text)));
            ASSERT_TRUE(c.contains(text.c_str()));
        }
        EXPECT_FALSE(c.contains(std::string_view("short 100")));
    }
}

// Not in C++20's maps; where a map has it, an iterator must not be taken for a key.
TYPED_TEST(lookup, a_transparent_map_still_erases_by_iterator) {
    using map = typename TestFixture::template of<plain, plain, any_hash, any_equal>;
    EBB_WHERE(erases_iterators<map>) {
        auto c = this->template make<map>();
        fill(c, 0, 10);
        c.erase(c.find(plain(3)));
        c.erase(static_cast<typename map::const_iterator>(c.find(plain(4))));
        EXPECT_EQ(c.erase(plain(5)), 1U);
        expect_holds(c, {0, 1, 2, 6, 7, 8, 9});
    }
}

} // namespace tests
