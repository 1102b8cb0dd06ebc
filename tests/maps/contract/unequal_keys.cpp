// Keys that don't equal themselves, as NaN: look-up never finds one, and what takes an iterator
// never looks a key up.
#include <tests/maps/contract/fixture.h>

#include <array>
#include <cmath>
#include <functional>
#include <limits>

namespace tests {

/// Where an element of such a value lies.
using in_an_array = std::array<char, 100>;
using in_a_slot = std::array<char, 4>;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr int each = 100; // keys that equal themselves, and as many that don't

template <class C>
bool is_nan(const C&, const typename C::value_type& e) {
    return std::isnan(key_of<C>(e));
}

template <class F>
class unequal_keys : public contract<F> {
  protected:
    template <class V>
    using map_of =
        typename contract<F>::template of<double, V, std::hash<double>, std::equal_to<double>>;

    /// f(map) with keys 0 to 99 and as many NaN, for elements of both kinds.
    template <class Test>
    void in_both(const Test& test) {
        {
            auto c = this->template make<map_of<in_a_slot>>();
            fill_with_nan(c);
            test(c);
        }
        auto c = this->template make<map_of<in_an_array>>();
        fill_with_nan(c);
        test(c);
    }
    template <class C>
    static void fill_with_nan(C& c) {
        for (int n = 0; n < each; ++n) {
            insert(c, nan);
            insert(c, n);
        }
        EXPECT_EQ(c.size(), 2U * each);
        expect_whole(c);
    }
    template <class C>
    static void insert(C& c, double k) {
        if constexpr (is_map<C>) {
            c.insert({k, typename C::mapped_type{}});
        } else {
            c.insert(k);
        }
    }
    template <class C>
    static void expect_whole(const C& c) {
        std::size_t walked = 0;
        for (auto it = c.begin(); it != c.end(); ++it) {
            ++walked;
        }
        EXPECT_EQ(walked, c.size());
        if constexpr (validates<C>) {
            c.validate();
        }
    }
};
TYPED_TEST_SUITE(unequal_keys, maps_and_sets, family_name);

TYPED_TEST(unequal_keys, are_never_found) {
    this->in_both([](auto& c) {
        EXPECT_FALSE(c.contains(nan));
        EXPECT_EQ(c.erase(nan), 0U);
        EXPECT_EQ(c.size(), 2U * each);
    });
}

TYPED_TEST(unequal_keys, are_erased_by_their_iterators) {
    this->in_both([](auto& c) {
        using map = std::remove_reference_t<decltype(c)>;
        EBB_WHERE(erases_iterators<map>) {
            for (auto it = c.begin(); it != c.end();) {
                it = is_nan(c, *it) ? c.erase(it) : std::next(it);
            }
            EXPECT_EQ(c.size(), static_cast<std::size_t>(each));
            for (int n = 0; n < each; ++n) {
                EXPECT_TRUE(c.contains(n));
            }
            TestFixture::expect_whole(c);
        }
    });
}

TYPED_TEST(unequal_keys, are_erased_in_ranges) {
    this->in_both([](auto& c) {
        using map = std::remove_reference_t<decltype(c)>;
        EBB_WHERE(erases_iterators<map>) {
            c.erase(c.begin(), std::next(c.begin(), 150));
            EXPECT_EQ(c.size(), 50U);
            TestFixture::expect_whole(c);
            c.erase(c.begin(), c.end());
            EXPECT_TRUE(c.empty());
        }
    });
}

TYPED_TEST(unequal_keys, are_erased_by_predicate) {
    this->in_both([](auto& c) {
        using map = std::remove_reference_t<decltype(c)>;
        EBB_WHERE(erases_if<map>) {
            EXPECT_EQ(erase_if(c, [&](const auto& e) { return is_nan(c, e); }), 1U * each);
            TestFixture::expect_whole(c);
        }
    });
}

TYPED_TEST(unequal_keys, leave_in_handles_and_come_back) {
    this->in_both([](auto& c) {
        using map = std::remove_reference_t<decltype(c)>;
        EBB_WHERE(extracts<map>) {
            for (int n = 0; n < 10; ++n) {
                auto it = c.begin();
                while (!is_nan(c, *it)) {
                    ++it;
                }
                auto handle = c.extract(it);
                ASSERT_FALSE(handle.empty());
                EXPECT_EQ(c.size(), 2U * each - 1);
                TestFixture::expect_whole(c);
                EXPECT_TRUE(c.insert(std::move(handle)).inserted);
            }
            TestFixture::expect_whole(c);
        }
    });
}

TYPED_TEST(unequal_keys, are_merged_and_copied) {
    this->in_both([this](auto& c) {
        using map = std::remove_reference_t<decltype(c)>;
        EBB_WHERE(merges<map>) {
            auto d = this->template make<map>();
            TestFixture::insert(d, 7);
            d.merge(c);
            EXPECT_EQ(d.size(), 2U * each);
            EXPECT_EQ(c.size(), 1U) << "the key that was there already";
            TestFixture::expect_whole(c);
            TestFixture::expect_whole(d);
            const map copy(d);
            EXPECT_EQ(copy.size(), d.size());
            TestFixture::expect_whole(copy);
        }
    });
}

} // namespace tests
