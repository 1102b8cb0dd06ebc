// erase by key, iterator, range and predicate.
#include <tests/maps/contract/fixture.h>

#include <set>

namespace tests {

template <class F>
class erase : public contract<F> {};
TYPED_TEST_SUITE(erase, maps_and_sets, family_name);

TYPED_TEST(erase, by_key_says_how_many) {
    auto c = this->make_with(0, 10);
    EXPECT_EQ(c.erase(4), 1U);
    EXPECT_EQ(c.erase(4), 0U);
    EXPECT_EQ(c.erase(10), 0U);
    expect_holds(c, {0, 1, 2, 3, 5, 6, 7, 8, 9});
}

TYPED_TEST(erase, down_to_nothing_at_every_size) {
    for (const int from : {1, 2, 13, 100, 777, 3000}) {
        auto c = this->template make<typename TestFixture::kept>();
        using map = decltype(c);
        fill(c, 0, from);
        for (int n = 0; n < from; ++n) {
            const int k = n % 2 == 0 ? n / 2 : from - 1 - n / 2; // from both ends
            ASSERT_EQ(c.erase(key<map>(k)), 1U) << k;
            if (from < 200 || n % 64 == 0) {
                ASSERT_NO_FATAL_FAILURE(expect_holds(c, numbers(n / 2 + 1, from - (n + 1) / 2)));
                ASSERT_NO_FATAL_FAILURE(this->expect_accounted(c));
            }
        }
        expect_holds(c, {});
        fill(c, 0, from); // and it goes on
        expect_holds(c, numbers(0, from));
    }
}

TYPED_TEST(erase, by_a_key_that_lies_in_the_map) {
    auto c = this->template make<typename TestFixture::template of<std::string>>();
    using map = decltype(c);
    fill(c, 0, 200);
    while (!c.empty()) {
        ASSERT_EQ(c.erase(key_of<map>(*c.begin())), 1U);
    }
    expect_holds(c, {});
}

TYPED_TEST(erase, by_iterator_returns_the_next) {
    auto c = this->make();
    using map = decltype(c);
    EBB_WHERE(erases_iterators<map>) {
        fill(c, 0, 1000);
        std::multiset<int> seen;
        for (auto it = c.begin(); it != c.end();) {
            const int n = key_of<map>(*it);
            seen.insert(n);
            if (n % 3 == 0) {
                it = c.erase(it);
            } else {
                ++it;
            }
        }
        ASSERT_EQ(seen.size(), 1000U);
        for (int n = 0; n < 1000; ++n) {
            ASSERT_EQ(seen.count(n), 1U) << n;
            ASSERT_EQ(c.contains(n), n % 3 != 0) << n;
        }
        const typename map::const_iterator first = c.begin();
        c.erase(first);
        EXPECT_EQ(c.size(), 665U);
        this->expect_accounted(c);
    }
}

TYPED_TEST(erase, all_of_them_while_walking) {
    auto c = this->template make<typename TestFixture::kept>();
    using map = decltype(c);
    EBB_WHERE(erases_iterators<map>) {
        for (const int size : {1, 2, 50, 3000}) {
            fill(c, 0, size);
            int erased = 0;
            for (auto it = c.begin(); it != c.end(); ++erased) {
                it = c.erase(it);
            }
            ASSERT_EQ(erased, size);
            expect_holds(c, {});
        }
    }
}

TYPED_TEST(erase, ranges_empty_whole_and_in_the_middle) {
    auto c = this->make();
    using map = decltype(c);
    EBB_WHERE(erases_iterators<map>) {
        fill(c, 0, 500);
        EXPECT_TRUE(c.erase(c.begin(), c.begin()) == c.begin());
        EXPECT_TRUE(c.erase(c.end(), c.end()) == c.end());
        EXPECT_EQ(c.size(), 500U);
        std::vector<int> order;
        for (const auto& e : c) {
            order.push_back(key_of<map>(e));
        }
        // Everything but the last: what stays is what the walk meets last.
        const auto next = c.erase(c.begin(), c.find(order.back()));
        ASSERT_EQ(c.size(), 1U);
        EXPECT_EQ(key_of<map>(*next), order.back());
        EXPECT_EQ(c.count(order.back()), 1U);
        fill(c, 0, 500);
        EXPECT_TRUE(c.erase(c.cbegin(), c.cend()) == c.end());
        expect_holds(c, {});
    }
}

TYPED_TEST(erase, by_predicate_says_how_many) {
    auto c = this->make();
    using map = decltype(c);
    EBB_WHERE(erases_if<map>) {
        fill(c, 0, 1000);
        EXPECT_EQ(erase_if(c, [](const auto&) { return false; }), 0U);
        int asked = 0;
        EXPECT_EQ(erase_if(c,
                           [&](const auto& e) {
                               ++asked;
                               return key_of<map>(e) % 10 != 0;
                           }),
                  900U);
        EXPECT_EQ(asked, 1000); // each once
        std::vector<int> left;
        for (int n = 0; n < 1000; n += 10) {
            left.push_back(n);
        }
        expect_holds(c, left);
        EXPECT_EQ(erase_if(c, [](const auto&) { return true; }), 100U);
        expect_holds(c, {});
    }
}

TYPED_TEST(erase, a_predicate_may_change_values) {
    auto c = this->make();
    using map = decltype(c);
    EBB_WHERE(erases_if<map> && is_map<map>) {
        fill(c, 0, 100);
        bool changed = false;
        EXPECT_EQ(erase_if(c,
                           [&](auto& e) {
                               if constexpr (requires { e.second = 0; }) { // not in libstdc++ 12
                                   e.second = -e.first;
                                   changed = true;
                               }
                               return e.first % 2 == 0;
                           }),
                  50U);
        for (const auto& [k, v] : c) {
            ASSERT_EQ(v, changed ? -k : value_for(k));
        }
    }
}

// Inserts and erases in turn at the size where a map grows and shrinks.
TYPED_TEST(erase, saw_teeth_of_every_size) {
    auto c = this->make();
    for (int size = 1; size < 300; size = size + 1 + size / 8) {
        for (int round = 0; round < 6; ++round) {
            fill(c, 0, size);
            ASSERT_NO_FATAL_FAILURE(expect_holds(c, numbers(0, size)));
            for (int n = round % 2 == 0 ? 0 : size / 2; n < size; ++n) {
                ASSERT_EQ(c.erase(n), 1U);
            }
            ASSERT_NO_FATAL_FAILURE(expect_holds(c, numbers(0, round % 2 == 0 ? 0 : size / 2)));
            ASSERT_NO_FATAL_FAILURE(this->expect_accounted(c));
        }
        c.clear();
        ASSERT_TRUE(c.begin() == c.end());
        ASSERT_TRUE(c.find(0) == c.end());
    }
}

} // namespace tests
