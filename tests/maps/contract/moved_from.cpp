// A map that was moved from holds nothing in particular, and everything can be done to it.
#include <tests/maps/contract/fixture.h>

#include <stdexcept>

namespace tests {

template <class F>
class moved_from : public contract<F> {
  protected:
    using numbered = typename contract<F>::ints;

    // `use` on what was moved from, in each way, out of sizes small and large; then it goes on.
    template <class Use>
    void expect_usable(const Use& use) {
        for (const int size : {0, 1, 20, 9000}) {
            for (const bool assigned : {false, true}) {
                auto c = this->make_with(0, size);
                if constexpr (reserves<numbered>) {
                    if (size == 20) {
                        c.reserve(1000);
                    }
                }
                auto d = this->make_with(7, 9);
                if (assigned) {
                    d = std::move(c);
                } else {
                    numbered taken(std::move(c));
                    d.swap(taken);
                }
                c.clear(); // the standard says no more than valid
                use(c, d);
                ASSERT_NO_FATAL_FAILURE(expect_holds(d, numbers(0, size)));
                c.clear();
                fill(c, 0, 100);
                ASSERT_NO_FATAL_FAILURE(expect_holds(c, numbers(0, 100)));
            }
        }
    }
};
TYPED_TEST_SUITE(moved_from, maps_and_sets, family_name);

TYPED_TEST(moved_from, is_empty) {
    this->expect_usable([](auto& c, const auto&) {
        expect_holds(c, {});
        EXPECT_TRUE(c.begin() == c.end());
        EXPECT_FALSE(c.contains(0));
        EXPECT_EQ(c.count(1), 0U);
        EXPECT_EQ(c.erase(1), 0U);
    });
    // Ours say it without being cleared.
    using map = typename TestFixture::ints;
    auto c = this->make_with(0, 3000);
    const map d(std::move(c));
    EXPECT_TRUE(c.empty()); // NOLINT(bugprone-use-after-move): that is the promise
    EXPECT_TRUE(c.begin() == c.end());
    if constexpr (has_footprint<map>) {
        EXPECT_EQ(c.footprint().total(), 0U);
    }
}

TYPED_TEST(moved_from, takes_elements) {
    using map = typename TestFixture::ints;
    this->expect_usable([](map& c, const map&) {
        c.insert(element<map>(1));
        c.emplace(element<map>(2));
        expect_holds(c, {1, 2});
        if constexpr (is_map<map>) {
            c.try_emplace(3, value_for(3));
            c.insert_or_assign(4, value_for(4));
            c[5] = value_for(5);
            EXPECT_THROW(static_cast<void>(c.at(6)), std::out_of_range);
            expect_holds(c, {1, 2, 3, 4, 5});
        }
    });
}

TYPED_TEST(moved_from, takes_ranges_and_copies) {
    using map = typename TestFixture::ints;
    EBB_WHERE(inserts_range<map> && copies<map>) {
        this->expect_usable([](map& c, const map& d) {
            c.insert(d.begin(), d.end());
            EXPECT_TRUE(c == d);
            c = d;
            EXPECT_TRUE(c == d);
        });
        this->expect_usable([](map& c, const map&) {
            const map copy(c);
            EXPECT_TRUE(copy == c);
        });
    }
}

TYPED_TEST(moved_from, swaps_merges_and_extracts) {
    using map = typename TestFixture::ints;
    this->expect_usable([](map& c, map& d) {
        c.swap(d);
        EXPECT_TRUE(d.empty());
        c.swap(d);
        EXPECT_TRUE(c.empty());
    });
    if constexpr (merges<map> && extracts<map>) {
        this->expect_usable([](map& c, map& d) {
            d.merge(c);
            c.merge(d);
            EXPECT_TRUE(d.empty());
            EXPECT_TRUE(c.extract(-1).empty());
            d.merge(c);
            EXPECT_TRUE(c.empty());
        });
    }
}

TYPED_TEST(moved_from, makes_room) {
    using map = typename TestFixture::ints;
    this->expect_usable([](map& c, const map&) {
        if constexpr (reserves<map>) {
            c.reserve(500);
        }
        if constexpr (requires { c.rehash(0); }) {
            c.rehash(0);
        }
        if constexpr (shrinks<map>) {
            c.shrink_to_fit();
        }
        if constexpr (erases_if<map>) {
            EXPECT_EQ(erase_if(c, [](const auto&) { return true; }), 0U);
        }
        if constexpr (equal_ranges<map>) {
            EXPECT_TRUE(c.equal_range(1).first == c.end());
        }
        expect_holds(c, {});
    });
}

} // namespace tests
