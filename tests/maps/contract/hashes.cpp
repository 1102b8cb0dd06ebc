// Hashes that are bad and keys that are worse: slower at most, never wrong.
#include <tests/maps/contract/fixture.h>
#include <tests/support/random.h>

namespace tests {

template <class F>
class hashes : public contract<F> {
  protected:
    static constexpr int many = sanitized ? 3000 : 10'000;
    // Where all collide, n keys cost n * n comparisons.
    static constexpr int colliding = sanitized ? 700 : 3000;

    template <class Number>
    void expect_works(spread as, int count, const Number& number) {
        auto c = this->make(number_hash{0, as});
        using map = decltype(c);
        std::vector<int> keys;
        for (int n = 0; n < count; ++n) {
            keys.push_back(number(n));
            ASSERT_TRUE(c.insert(element<map>(number(n))).second);
        }
        ASSERT_NO_FATAL_FAILURE(expect_holds(c, keys));
        ASSERT_NO_FATAL_FAILURE(this->expect_accounted(c));
        for (int n = 0; n < count; n += 7) {
            ASSERT_FALSE(c.contains(-1 - n));
        }
        for (int n = 0; n < count; n += 2) {
            ASSERT_EQ(c.erase(number(n)), 1U);
        }
        for (int n = 0; n < count; ++n) {
            ASSERT_EQ(c.contains(number(n)), n % 2 == 1) << n;
        }
        for (int n = 1; n < count; n += 2) {
            ASSERT_EQ(c.erase(number(n)), 1U);
        }
        expect_holds(c, {});
        this->expect_accounted(c);
    }
    static constexpr auto in_order = [](int n) { return n; };
};
TYPED_TEST_SUITE(hashes, maps_and_sets, family_name);

TYPED_TEST(hashes, constant) {
    this->expect_works(spread::constant, this->colliding, this->in_order);
}
TYPED_TEST(hashes, of_three_values) {
    this->expect_works(spread::few, this->colliding, this->in_order);
}
TYPED_TEST(hashes, low_bits_alone) {
    this->expect_works(spread::low_bits, this->many, this->in_order);
}
TYPED_TEST(hashes, high_bits_alone) {
    this->expect_works(spread::high_bits, this->many, this->in_order);
}
TYPED_TEST(hashes, identity_of_keys_in_order) {
    this->expect_works(spread::identity, this->many, this->in_order);
}
TYPED_TEST(hashes, identity_of_keys_a_power_of_two_apart) {
    for (const int bits : {4, 8, 12, 16}) {
        this->expect_works(spread::identity, std::min(this->many, 1 << (30 - bits)),
                           [=](int n) { return n << bits; });
    }
}
TYPED_TEST(hashes, good_of_keys_a_power_of_two_apart) {
    this->expect_works(spread::well, this->many, [](int n) { return n << 16; });
}

// The size that a list would stand badly: each key once in, asked for now and then, and out.
TYPED_TEST(hashes, constant_of_ten_thousand) {
    if (sanitized) {
        GTEST_SKIP() << "50 million comparisons";
    }
    auto c = this->make(number_hash{0, spread::constant});
    fill(c, 0, 10'000);
    ASSERT_EQ(c.size(), 10'000U);
    ASSERT_EQ(keys_in(c), numbers(0, 10'000));
    for (int n = 0; n < 10'000; n += 997) {
        ASSERT_TRUE(c.contains(n));
        ASSERT_EQ(c.erase(n), 1U);
        ASSERT_FALSE(c.contains(n));
    }
    c.clear();
    expect_holds(c, {});
}

// How often a map hashes is its own affair, but no look-up needs to do it twice.
TYPED_TEST(hashes, a_look_up_hashes_once) {
    auto c = this->make_with(0, 1000);
    for (int n = 0; n < 2000; ++n) {
        faults::arm(faults::hash, 1);
        ASSERT_EQ(c.contains(n), n < 1000);
        faults::arm(faults::hash, 1);
        ASSERT_EQ(c.find(n) != c.end(), n < 1000);
        faults::disarm();
    }
}

} // namespace tests
