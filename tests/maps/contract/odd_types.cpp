// Keys, values and functions that have what the standard asks for and nothing else.
#include <tests/maps/contract/fixture.h>

#include <tuple>

namespace tests {

/// Neither default-constructible nor assignable nor comparable.
class bare {
  public:
    explicit bare(int n) : number_(n) {}
    bare(const bare&) = default;
    bare& operator=(const bare&) = delete;
    ~bare() = default;
    template <class T>
    void operator,(const T&) const = delete;
    [[nodiscard]] int number() const { return number_; }

  private:
    int number_;
};

struct immovable {
    explicit immovable(int n = 0) : number_(n) {}
    immovable(const immovable&) = delete;
    immovable& operator=(const immovable&) = delete;
    [[nodiscard]] int number() const { return number_; }

  private:
    int number_;
};

/// Returns what converts to the type asked for, and to nothing else.
template <class To>
struct just {
    To value;
    operator To() const { return value; }
    template <class T>
    void operator,(const T&) const = delete;
};
struct bare_equal : number_equal {
    template <class A, class B>
    just<bool> operator()(const A& a, const B& b) const {
        return {number_equal::operator()(a, b)};
    }
};

template <class F>
class odd_types : public contract<F> {};
TYPED_TEST_SUITE(odd_types, maps_and_sets, family_name);

TYPED_TEST(odd_types, keys_and_values_with_nothing_but_a_copy) {
    using map = typename TestFixture::template of<bare, bare, number_hash, bare_equal>;
    auto c = this->template make<map>();
    for (int n = 0; n < 300; ++n) {
        ASSERT_TRUE(c.insert(element<map>(n)).second);
        ASSERT_FALSE(c.emplace(element<map>(n)).second);
        if constexpr (is_map<map>) {
            ASSERT_FALSE(c.try_emplace(bare(n), 0).second);
        }
    }
    expect_holds(c, numbers(0, 300));
    for (int n = 50; n < 300; ++n) {
        ASSERT_EQ(c.erase(bare(n)), 1U);
    }
    expect_holds(c, numbers(0, 50));
    if constexpr (copies<map>) {
        map d(c);
        if constexpr (TypeParam::assigns_the_unassignable) {
            d = c;
        }
        d.swap(c);
        expect_holds(d, numbers(0, 50));
    }
    if constexpr (erases_if<map>) {
        EXPECT_EQ(erase_if(c, [](const auto& e) { return key_of<map>(e).number() < 40; }), 40U);
        expect_holds(c, numbers(40, 50));
    }
}

TYPED_TEST(odd_types, what_can_neither_be_copied_nor_moved) {
    EBB_WHERE(TypeParam::holds_immovables) {
        using map = typename TestFixture::template of<immovable>;
        auto c = this->template make<map>();
        for (int n = 0; n < 2000; ++n) {
            if constexpr (is_map<map>) {
                ASSERT_TRUE(c.emplace(std::piecewise_construct, std::forward_as_tuple(n),
                                      std::forward_as_tuple(value_for(n)))
                                .second);
            } else {
                ASSERT_TRUE(c.emplace(n).second);
            }
        }
        expect_holds(c, numbers(0, 2000));
        for (int n = 20; n < 2000; ++n) {
            ASSERT_EQ(c.erase(immovable(n)), 1U);
        }
        map d(std::move(c));
        d.swap(c);
        expect_holds(c, numbers(0, 20));
    }
}

TYPED_TEST(odd_types, values_that_stay_where_try_emplace_makes_them) {
    EBB_WHERE(is_map<typename TestFixture::ints> && TypeParam::holds_immovables) {
        using map = typename TestFixture::template of<int, immovable>;
        auto c = this->template make<map>();
        const auto* const at = &c.try_emplace(0, value_for(0)).first->second;
        for (int n = 1; n < 2000; ++n) {
            ASSERT_EQ(c.try_emplace(n, value_for(n)).first->second.number(), value_for(n));
        }
        EXPECT_EQ(&c.at(0), at);
        EXPECT_EQ(c[5000].number(), 0);
        c.erase(5000);
        expect_holds(c, numbers(0, 2000));
    }
}

} // namespace tests
