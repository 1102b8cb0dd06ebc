// Every way for a step to fail, in turn: copies, moves, hashes, comparisons, allocations. A single
// insert that fails leaves the map as it was; anything else leaves a map that is whole.
#include <tests/maps/contract/fixture.h>

namespace tests {

template <class F>
class exceptions : public contract<F> {
  protected:
    using failing = typename contract<F>::template of<throwing>;

    static constexpr unsigned everything = faults::all;
    // The sizes around which small maps grow, and some of larger ones.
    static constexpr int sizes[] = {0,  1,  2,  3,  6,  7,  8,   11,  12,  13, 14,
                                    15, 16, 26, 28, 29, 52, 104, 208, 416, 541};

    // `step` adds element `size` to a map of 0 … size - 1, or fails and leaves it so.
    template <class Step>
    void expect_strong(const Step& step) {
        int failures = 0;
        for (const int size : sizes) {
            failures += fail_in_turn(
                everything, [&] { return this->template make_with<failing>(0, size); },
                [&](failing& c) { step(c, size); },
                [&](failing& c) {
                    ASSERT_NO_FATAL_FAILURE(expect_holds(c, numbers(0, size))) << size;
                    ASSERT_NO_FATAL_FAILURE(this->expect_accounted(c)) << size;
                    step(c, size); // and once more, without a fault
                    ASSERT_NO_FATAL_FAILURE(expect_holds(c, numbers(0, size + 1))) << size;
                });
        }
        EXPECT_GT(failures, 0);
    }

    // Whatever of `whole` was there or came before the failure is still right.
    static void expect_part_of(const failing& c, const std::vector<int>& whole) {
        const std::vector<int> keys = keys_in(c);
        ASSERT_TRUE(std::includes(whole.begin(), whole.end(), keys.begin(), keys.end()));
        expect_holds(c, keys);
    }
};
TYPED_TEST_SUITE(exceptions, maps_and_sets, family_name);

TYPED_TEST(exceptions, insert_of_one_is_all_or_nothing) {
    using map = typename TestFixture::failing;
    this->expect_strong([](map& c, int n) { c.insert(element<map>(n)); });
    this->expect_strong([](map& c, int n) {
        const auto e = element<map>(n);
        c.insert(e);
    });
}

TYPED_TEST(exceptions, emplace_is_all_or_nothing) {
    using map = typename TestFixture::failing;
    if constexpr (is_map<map>) {
        this->expect_strong([](map& c, int n) { c.emplace(n, value_for(n)); });
        this->expect_strong([](map& c, int n) { c.try_emplace(throwing(n), value_for(n)); });
        this->expect_strong([](map& c, int n) {
            const throwing k(n);
            const throwing v(value_for(n));
            c.try_emplace(k, v);
        });
        this->expect_strong(
            [](map& c, int n) { c.insert_or_assign(throwing(n), throwing(value_for(n))); });
    } else {
        this->expect_strong([](map& c, int n) { c.emplace(n); });
    }
}

TYPED_TEST(exceptions, subscript_is_all_or_nothing) {
    using map = typename TestFixture::failing;
    EBB_WHERE(is_map<map>) {
        int failures = 0;
        for (const int size : TestFixture::sizes) {
            failures += fail_in_turn(
                TestFixture::everything, [&] { return this->template make_with<map>(0, size); },
                [&](map& c) { c[throwing(size)]; },
                [&](map& c) {
                    ASSERT_NO_FATAL_FAILURE(expect_holds(c, numbers(0, size)));
                    ASSERT_NO_FATAL_FAILURE(this->expect_accounted(c));
                });
        }
        EXPECT_GT(failures, 0);
    }
}

TYPED_TEST(exceptions, insert_of_a_key_that_is_there_changes_nothing) {
    using map = typename TestFixture::failing;
    const int failures = fail_in_turn(
        TestFixture::everything, [&] { return this->template make_with<map>(0, 30); },
        [&](map& c) { EXPECT_FALSE(c.insert(element<map>(7)).second); },
        [&](map& c) { ASSERT_NO_FATAL_FAILURE(expect_holds(c, numbers(0, 30))); });
    EXPECT_GT(failures, 0);
}

TYPED_TEST(exceptions, look_up_passes_on_what_hash_and_comparison_throw) {
    using map = typename TestFixture::failing;
    const auto c = this->template make_with<map>(0, 100);
    const throwing k(42);
    for (const auto kind : {faults::hash, faults::equal}) {
        faults::arm(kind, 0);
        EXPECT_THROW(static_cast<void>(c.find(k)), fault);
        faults::arm(kind, 0);
        EXPECT_THROW(static_cast<void>(c.contains(k)), fault);
    }
    faults::disarm();
    expect_holds(c, numbers(0, 100));
}

TYPED_TEST(exceptions, erase_that_fails_has_erased_nothing) {
    using map = typename TestFixture::failing;
    const throwing k(11);
    for (const int size : {12, 100, 700}) {
        const int failures = fail_in_turn(
            TestFixture::everything, [&] { return this->template make_with<map>(0, size); },
            [&](map& c) { c.erase(k); },
            [&](map& c) {
                ASSERT_NO_FATAL_FAILURE(expect_holds(c, numbers(0, size)));
                ASSERT_NO_FATAL_FAILURE(this->expect_accounted(c));
            });
        EXPECT_GT(failures, 0);
    }
}

TYPED_TEST(exceptions, erase_until_one_fails_loses_nothing_else) {
    using map = typename TestFixture::failing;
    // Shrinking may fail inside; what was erased stays erased, all else stays.
    for (int n = 0; n < 400; n += 1 + n / 10) {
        auto c = this->template make_with<map>(0, 300);
        faults::arm(TestFixture::everything & ~unsigned{faults::construct}, // the keys below
                    static_cast<std::uint64_t>(n));
        int erased = 0;
        try {
            for (; erased < 300; ++erased) {
                c.erase(throwing(erased));
            }
        } catch (const fault&) {
        }
        faults::disarm();
        ASSERT_NO_FATAL_FAILURE(expect_holds(c, numbers(erased, 300))) << n;
        ASSERT_NO_FATAL_FAILURE(this->expect_accounted(c));
    }
}

TYPED_TEST(exceptions, a_copy_that_fails_leaks_nothing) {
    using map = typename TestFixture::failing;
    EBB_WHERE(copies<map>) {
        for (const int size : {1, 20, 150}) {
            const auto from = this->template make_with<map>(0, size);
            int failures = fail_in_turn(
                TestFixture::everything, [&] { return this->template make<map>(); },
                [&](map&) { map d(from); }, [&](map&) { expect_holds(from, numbers(0, size)); });
            EXPECT_GT(failures, 0);
            // Assigned over elements: what is then there is whole.
            failures = fail_in_turn(
                TestFixture::everything, [&] { return this->template make_with<map>(0, 40); },
                [&](map& c) {
                    c = from;
                    expect_holds(c, numbers(0, size));
                },
                [&](map& c) {
                    TestFixture::expect_part_of(c, numbers(0, std::max(size, 40)));
                    fill(c, 0, 50);
                });
            EXPECT_GT(failures, 0);
        }
    }
}

TYPED_TEST(exceptions, a_construction_from_a_range_that_fails_leaks_nothing) {
    using map = typename TestFixture::failing;
    auto& s = TypeParam::of(this->source_);
    std::vector<decltype(element<map>(0))> from;
    from.reserve(60);
    for (int n = 0; n < 60; ++n) {
        from.push_back(element<map>(n % 50));
    }
    EBB_WHERE(requires { map(from.begin(), from.end(), 0, number_hash(), number_equal(), s); }) {
        const auto before = census::live;
        const int failures = fail_in_turn(
            TestFixture::everything, [&] { return 0; },
            [&](int) {
                const map c(from.begin(), from.end(), 5, number_hash(), number_equal(), s);
                faults::disarm();
                expect_holds(c, numbers(0, 50));
            },
            [&](int) {
                ASSERT_EQ(census::live, before);
                ASSERT_EQ(this->source_.read().requested, 0U);
            });
        EXPECT_GT(failures, 60);
    }
}

TYPED_TEST(exceptions, comparing_maps_passes_on_what_is_thrown) {
    using map = typename TestFixture::failing;
    EBB_WHERE(compares<map>) {
        const auto c = this->template make_with<map>(0, 20);
        const auto d = this->template make_with<map>(0, 20);
        for (const auto kind : {faults::hash, faults::equal}) {
            const int failures = fail_in_turn(
                kind, [] { return 0; }, [&](int) { EXPECT_TRUE(c == d); }, [](int) {});
            if constexpr (validates<map>) { // libstdc++ has the hashes, and asks no function
                EXPECT_GE(failures, 20);
            }
        }
        expect_holds(c, numbers(0, 20));
    }
}

TYPED_TEST(exceptions, a_range_that_fails_keeps_what_came_before) {
    using map = typename TestFixture::failing;
    EBB_WHERE(inserts_range<map>) {
        std::vector<decltype(element<map>(0))> from;
        from.reserve(60);
        for (int n = 0; n < 60; ++n) {
            from.push_back(element<map>(n));
        }
        const int failures = fail_in_turn(
            TestFixture::everything, [&] { return this->template make_with<map>(0, 10); },
            [&](map& c) { c.insert(from.begin(), from.end()); },
            [&](map& c) {
                TestFixture::expect_part_of(c, numbers(0, 60));
                ASSERT_GE(c.size(), 10U);
                ASSERT_NO_FATAL_FAILURE(this->expect_accounted(c));
            });
        EXPECT_GT(failures, 60);
    }
}

TYPED_TEST(exceptions, reserve_and_shrink_that_fail_lose_nothing) {
    using map = typename TestFixture::failing;
    EBB_WHERE(reserves<map>) {
        for (const std::size_t room : {std::size_t{0}, std::size_t{100}, std::size_t{5000}}) {
            fail_in_turn(
                TestFixture::everything, [&] { return this->template make_with<map>(0, 60); },
                [&](map& c) {
                    c.reserve(room);
                    if constexpr (shrinks<map>) {
                        c.shrink_to_fit();
                    }
                },
                [&](map& c) {
                    ASSERT_NO_FATAL_FAILURE(expect_holds(c, numbers(0, 60)));
                    ASSERT_NO_FATAL_FAILURE(this->expect_accounted(c));
                });
        }
    }
}

TYPED_TEST(exceptions, a_reserve_that_fails_gives_back_what_it_had_taken) {
    using map = typename TestFixture::kept;
    EBB_WHERE(reserves<map> && has_footprint<map>) {
        for (const int size : {0, 60, 3000}) {
            std::uint64_t before = 0;
            int failures = 0;
            for (int n = 0;; n += 1 + n / 4, ++failures) {
                auto c = this->template make_with<map>(0, size);
                before = c.footprint().total();
                faults::arm(faults::allocation, static_cast<std::uint64_t>(n));
                bool failed = false;
                try {
                    c.reserve(20'000);
                } catch (const std::bad_alloc&) {
                    failed = true;
                }
                faults::disarm();
                if (!failed) {
                    EXPECT_GT(c.footprint().total(), before);
                    break;
                }
                ASSERT_NO_FATAL_FAILURE(expect_holds(c, numbers(0, size)));
                ASSERT_NO_FATAL_FAILURE(this->expect_accounted(c));
                // But for what a page or a group holds more.
                EXPECT_LE(c.footprint().total(), before + before / 4 + 4096) << n;
            }
            EXPECT_GT(failures, 0); // blocks that may not grow are no failure: others come
        }
    }
}

TYPED_TEST(exceptions, merge_that_fails_loses_no_element) {
    using map = typename TestFixture::failing;
    EBB_WHERE(merges<map> && TypeParam::merges_whole) {
        int failures = 0;
        for (int n = 0;; n += 1 + n / 20, ++failures) {
            auto to = this->template make_with<map>(0, 40);
            auto from = this->template make_with<map>(20, 200);
            bool failed = false;
            faults::arm(TestFixture::everything, static_cast<std::uint64_t>(n));
            try {
                to.merge(from);
            } catch (const fault&) {
                failed = true;
            }
            faults::disarm();
            ASSERT_EQ(to.size() + from.size(), 220U) << n;
            TestFixture::expect_part_of(to, numbers(0, 200));
            TestFixture::expect_part_of(from, numbers(20, 200));
            if (!failed) {
                break;
            }
        }
        EXPECT_GT(failures, 0);
    }
}

TYPED_TEST(exceptions, a_predicate_that_throws_leaves_a_whole_map) {
    using map = typename TestFixture::failing;
    EBB_WHERE(erases_if<map>) {
        for (int n = 0; n < 100; n += 9) {
            auto c = this->template make_with<map>(0, 100);
            int asked = 0;
            EXPECT_THROW(erase_if(c,
                                  [&](const auto& e) {
                                      if (asked++ == n) {
                                          throw fault();
                                      }
                                      return number_of(key_of<map>(e)) % 2 == 0;
                                  }),
                         fault);
            TestFixture::expect_part_of(c, numbers(0, 100));
            EXPECT_GE(c.size(), 50U);
            EXPECT_GE(c.size() + static_cast<std::size_t>(n), 100U);
        }
    }
}

} // namespace tests
