// Maps that are large enough to lie in several parts: steps that split them and put them together
// again, and fail on the way. A hash_map has a part for each 64 pairs of these pages or 1024 small
// ones; with nodes for each 4096.
#include <tests/maps/contract/fixture.h>

namespace tests {

template <class F>
class parts : public contract<F> {
  public:
    using page = tracked<faults::copy | faults::construct, true, 8, 4096>;
    using pages = typename contract<F>::template of<page>;
    using small = typename contract<F>::template of<throwing_copy>;

  protected:
    static constexpr unsigned everything = faults::all & ~unsigned{faults::construct};

    // Element `size` into a map of as many. Each allocation fails in turn; then each point of any
    // kind, but for those between a few and the last: a split asks for the hash of each element.
    template <class C>
    void expect_whole_inserts(std::initializer_list<int> sizes, int hurry) {
        for (const int size : sizes) {
            EXPECT_GT(expect_whole_insert<C>(size, faults::allocation, 1 << 20) +
                          expect_whole_insert<C>(size, everything, hurry),
                      0);
        }
    }
    template <class C>
    int expect_whole_insert(int size, unsigned kinds, int hurry) {
        int failures = 0;
        for (int n = 0;; n += 1 + n / hurry, ++failures) {
            auto c = this->template make_with<C>(0, size);
            auto e = element<C>(size);
            faults::arm(kinds, static_cast<std::uint64_t>(n));
            bool failed = false;
            try {
                c.insert(std::move(e));
            } catch (const std::bad_alloc&) {
                failed = true;
            }
            faults::disarm();
            expect_holds(c, numbers(0, size + (failed ? 0 : 1)));
            this->expect_accounted(c);
            if (!failed || ::testing::Test::HasFatalFailure()) {
                EXPECT_FALSE(::testing::Test::HasFatalFailure())
                    << size << " elements, point " << n << " of kinds " << kinds;
                return failures;
            }
            c.insert(element<C>(size));
            EXPECT_EQ(c.size(), static_cast<std::size_t>(size) + 1);
        }
    }

    // Erases all in turn until one fails.
    template <class C>
    void expect_whole_erases(int size, int hurry) {
        expect_whole_erase<C>(size, faults::allocation, 1 << 20);
        expect_whole_erase<C>(size, everything, hurry);
    }
    template <class C>
    void expect_whole_erase(int size, unsigned kinds, int hurry) {
        std::vector<typename C::key_type> keys;
        for (int n = 0; n < size; ++n) {
            keys.push_back(key<C>(n));
        }
        for (int n = 0;; n += 1 + n / hurry) {
            auto c = this->template make_with<C>(0, size);
            faults::arm(kinds, static_cast<std::uint64_t>(n));
            int erased = 0;
            try {
                for (; erased < size; ++erased) {
                    c.erase(keys[static_cast<std::size_t>(erased)]);
                }
            } catch (const std::bad_alloc&) {
            }
            const bool over = faults::armed != 0; // it never came to that point
            faults::disarm();
            ASSERT_NO_FATAL_FAILURE(expect_holds(c, numbers(erased, size))) << "point " << n;
            if (over) {
                break;
            }
        }
    }
};
TYPED_TEST_SUITE(parts, maps_and_sets, family_name);

TYPED_TEST(parts, an_insert_of_a_page_that_fails_changes_nothing) {
    this->template expect_whole_inserts<typename TestFixture::pages>(
        {63, 64, 65, 128, 129, 192, 256, 320}, 8);
}
TYPED_TEST(parts, an_insert_of_a_small_one_that_fails_changes_nothing) {
    this->template expect_whole_inserts<typename TestFixture::small>({1024, 2048, 4096}, 3);
}
TYPED_TEST(parts, an_erase_of_a_page_that_fails_changes_nothing_else) {
    this->template expect_whole_erases<typename TestFixture::pages>(260, 4);
}
TYPED_TEST(parts, an_erase_of_a_small_one_that_fails_changes_nothing_else) {
    this->template expect_whole_erases<typename TestFixture::small>(2100, 2);
}

} // namespace tests
