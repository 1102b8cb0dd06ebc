// clear, reserve, shrink_to_fit and what stays behind; ==.
#include <tests/maps/contract/fixture.h>

namespace tests {

/// Keys that share all digits but the last are one.
struct tens_hash {
    std::size_t operator()(int n) const { return static_cast<std::size_t>(n / 10); }
};
struct tens_equal {
    bool operator()(int a, int b) const { return a / 10 == b / 10; }
};

template <class F>
class capacity : public contract<F> {};
TYPED_TEST_SUITE(capacity, maps_and_sets, family_name);

TYPED_TEST(capacity, clear_destroys_all_and_the_map_goes_on) {
    for (const int size : {0, 1, 13, 2000}) {
        auto c = this->template make<typename TestFixture::kept>();
        for (int round = 0; round < 3; ++round) {
            fill(c, 0, size);
            expect_holds(c, numbers(0, size));
            c.clear();
            ASSERT_EQ(census::live, 0);
            ASSERT_NO_FATAL_FAILURE(expect_holds(c, {}));
            ASSERT_NO_FATAL_FAILURE(this->expect_accounted(c));
            c.clear();
        }
    }
}

TYPED_TEST(capacity, reserve_changes_no_element) {
    auto c = this->make();
    EBB_WHERE(reserves<decltype(c)>) {
        fill(c, 0, 100);
        for (const std::size_t n : {0U, 1U, 100U, 101U, 5000U, 200U, 0U}) {
            c.reserve(n);
            ASSERT_NO_FATAL_FAILURE(expect_holds(c, numbers(0, 100)));
            ASSERT_NO_FATAL_FAILURE(this->expect_accounted(c));
        }
        fill(c, 0, 6000);
        expect_holds(c, numbers(0, 6000));
        auto empty = this->make();
        empty.reserve(1000);
        expect_holds(empty, {});
    }
}

TYPED_TEST(capacity, after_reserve_inserts_take_no_array_anew) {
    auto c = this->make();
    EBB_WHERE(reserves<decltype(c)>) {
        c.reserve(1000);
        using map = decltype(c);
        if constexpr (requires { c.bucket_count(); }) {
            const auto buckets = c.bucket_count();
            fill(c, 0, 1000);
            EXPECT_EQ(c.bucket_count(), buckets);
        } else if constexpr (has_footprint<map> && !TypeParam::keeps_references) {
            const auto bytes = c.footprint().total();
            EXPECT_GE(bytes, 1000 * sizeof(typename map::value_type));
            fill(c, 0, 1000);
            EXPECT_EQ(c.footprint().total(), bytes);
        }
        expect_holds(c, numbers(0, 1000));
    }
}

TYPED_TEST(capacity, reserve_of_the_impossible_throws_and_changes_nothing) {
    auto c = this->make();
    EBB_WHERE(reserves<decltype(c)>) {
        fill(c, 0, 20);
        std::vector<std::size_t> impossible = {SIZE_MAX / 16, SIZE_MAX / 64};
        if constexpr (!requires { c.bucket_count(); }) { // libstdc++'s float wraps at SIZE_MAX
            impossible.insert(impossible.end(), {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2});
        }
        for (const std::size_t n : impossible) {
            EXPECT_THROW(c.reserve(n), std::exception);
            expect_holds(c, numbers(0, 20));
            this->expect_accounted(c);
        }
    }
}

TYPED_TEST(capacity, shrink_to_fit_changes_no_element) {
    auto c = this->make();
    EBB_WHERE(shrinks<decltype(c)>) {
        c.shrink_to_fit();
        c.reserve(3000);
        fill(c, 0, 2000);
        for (int n = 50; n < 2000; ++n) {
            c.erase(n);
        }
        c.shrink_to_fit();
        expect_holds(c, numbers(0, 50));
        this->expect_accounted(c);
        c.clear();
        c.shrink_to_fit();
        expect_holds(c, {});
        this->expect_accounted(c);
        fill(c, 0, 500);
        expect_holds(c, numbers(0, 500));
    }
}

TYPED_TEST(capacity, equal_is_the_same_elements_in_any_order) {
    using map = typename TestFixture::ints;
    EBB_WHERE(compares<map>) {
        auto c = this->make();
        auto d = this->make(number_hash{2});
        EXPECT_TRUE(c == d);
        for (int n = 0; n < 300; ++n) {
            c.insert(element<map>(n));
            EXPECT_FALSE(c == d);
            d.insert(element<map>(299 - n));
        }
        EXPECT_TRUE(c == d);
        EXPECT_FALSE(c != d);
        EXPECT_TRUE(c == c);
        c.erase(7);
        EXPECT_TRUE(c != d);
        c.insert(element<map>(300)); // as many, one other
        EXPECT_FALSE(c == d);
        c.erase(300);
        c.insert(element<map>(7));
        EXPECT_TRUE(c == d);
        if constexpr (is_map<map>) {
            c.find(7)->second = -1; // the same key, another value
            EXPECT_FALSE(c == d);
        }
    }
}

TYPED_TEST(capacity, equal_asks_for_equal_elements_not_for_equivalent_keys) {
    using map = typename TestFixture::template of<int, int, tens_hash, tens_equal>;
    EBB_WHERE(compares<map>) {
        auto c = this->template make<map>();
        auto d = this->template make<map>();
        c.insert(element<map>(13));
        d.insert(element<map>(17)); // one key to the map, two to anyone else
        EXPECT_TRUE(d.contains(13));
        EXPECT_FALSE(c == d);
        d.erase(11);
        d.insert(element<map>(13));
        EXPECT_TRUE(c == d);
    }
}

TYPED_TEST(capacity, the_load_stays_below_what_the_map_says) {
    auto c = this->make();
    EBB_WHERE(requires { c.max_load_factor(1.0F); }) {
        for (const float wanted : {0.5F, 1.0F, 4.0F}) {
            c.max_load_factor(wanted); // a wish; what is then said holds
            for (int n = 0; n < 3000; ++n) {
                c.insert(element<decltype(c)>(n));
                if (n < 15) {
                    continue; // hash_map fills its first group whole
                }
                ASSERT_LE(c.load_factor(), c.max_load_factor() * 1.0001F) << n;
            }
            expect_holds(c, numbers(0, 3000));
            c.clear();
            EXPECT_EQ(c.load_factor(), 0.0F);
            c.rehash(100);
            EXPECT_GE(c.bucket_count(), 100U);
            c.rehash(0);
        }
    }
}

} // namespace tests
