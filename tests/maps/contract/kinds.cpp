// Kinds of keys and values: what is small, large, aligned, empty, moved alone.
#include <tests/maps/contract/fixture.h>

namespace tests {

template <class F>
class kinds : public contract<F> {
  protected:
    // Through growth and shrinking, a look at every element now and then.
    template <class C>
    void expect_works(int count) {
        auto c = this->template make<C>();
        fill(c, 0, count);
        ASSERT_NO_FATAL_FAILURE(expect_holds(c, numbers(0, count)));
        ASSERT_NO_FATAL_FAILURE(this->expect_accounted(c));
        for (int n = 0; n < count; ++n) {
            if (n % 4 != 0) {
                ASSERT_EQ(c.erase(key<C>(n)), 1U);
            }
        }
        std::vector<int> left;
        for (int n = 0; n < count; n += 4) {
            left.push_back(n);
        }
        ASSERT_NO_FATAL_FAILURE(expect_holds(c, left));
        ASSERT_NO_FATAL_FAILURE(this->expect_accounted(c));
        fill(c, 0, count);
        expect_holds(c, numbers(0, count));
    }
};
TYPED_TEST_SUITE(kinds, maps_and_sets, family_name);

TYPED_TEST(kinds, keys_of_every_kind) {
    this->template expect_works<typename TestFixture::template of<std::uint8_t, int>>(200);
    this->template expect_works<typename TestFixture::template of<std::int64_t, int>>(2000);
    this->template expect_works<typename TestFixture::template of<std::string, int>>(1000);
    this->template expect_works<typename TestFixture::template of<std::pair<int, int>, int>>(500);
    this->template expect_works<typename TestFixture::template of<const plain*, int>>(500);
    this->template expect_works<typename TestFixture::template of<colour, int>>(1000);
    this->template expect_works<typename TestFixture::template of<std::unique_ptr<int>, int>>(500);
}

TYPED_TEST(kinds, values_of_every_kind) {
    EBB_WHERE(is_map<typename TestFixture::ints>) {
        this->template expect_works<typename TestFixture::template of<int, empty>>(1000);
        this->template expect_works<typename TestFixture::template of<int, std::string>>(1000);
        this->template expect_works<typename TestFixture::template of<int, std::unique_ptr<int>>>(
            500);
        this->template expect_works<typename TestFixture::template of<std::uint8_t, char16_t>>(200);
        this->template expect_works<typename TestFixture::template of<int, large>>(300);
    }
}

TYPED_TEST(kinds, over_aligned_ones_lie_aligned) {
    this->template expect_works<typename TestFixture::template of<aligned<64>, int>>(500);
    this->template expect_works<typename TestFixture::template of<int, aligned<64>>>(500);
    this->template expect_works<typename TestFixture::template of<aligned<4096>, int>>(60);
    this->template expect_works<typename TestFixture::template of<int, aligned<4096>>>(60);
}

TYPED_TEST(kinds, the_one_value_of_an_empty_key) {
    auto c = this->template make<typename TestFixture::template of<empty, int>>();
    using map = decltype(c);
    EXPECT_TRUE(c.insert(element<map>(0)).second);
    EXPECT_FALSE(c.insert(element<map>(0)).second);
    EXPECT_TRUE(c.contains(empty()));
    EXPECT_EQ(c.erase(empty()), 1U);
    expect_holds(c, {});
}

} // namespace tests
