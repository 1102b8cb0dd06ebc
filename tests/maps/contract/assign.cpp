// What a map has and a set hasn't: try_emplace, insert_or_assign, operator[], at.
#include <tests/maps/contract/fixture.h>

#include <stdexcept>

namespace tests {

template <class F>
class assign : public contract<F> {};
TYPED_TEST_SUITE(assign, maps, family_name);

TYPED_TEST(assign, subscript_makes_a_value_initialised_value) {
    auto c = this->make();
    EXPECT_EQ(c[5], 0);
    c[5] = value_for(5);
    c[6] = value_for(6);
    EXPECT_EQ(c[5], value_for(5));
    expect_holds(c, {5, 6});
    auto k = this->template make<typename TestFixture::kept>();
    k[plain(1)] = plain(value_for(1));
    const plain two(2);
    k[two] = plain(value_for(2));
    expect_holds(k, {1, 2});
}

TYPED_TEST(assign, subscript_over_what_was_erased_is_fresh) {
    auto c = this->make();
    for (int round = 0; round < 3; ++round) {
        for (int n = 0; n < 200; ++n) {
            ASSERT_EQ(c[n], 0);
            c[n] = 99;
        }
        for (int n = 0; n < 200; ++n) {
            ASSERT_EQ(c.erase(n), 1U);
        }
    }
}

TYPED_TEST(assign, at_finds_or_throws) {
    auto c = this->make_with(0, 50);
    const auto& constant = c;
    EXPECT_EQ(c.at(7), value_for(7));
    c.at(7) = 1;
    EXPECT_EQ(constant.at(7), 1);
    EXPECT_THROW(static_cast<void>(c.at(50)), std::out_of_range);
    EXPECT_THROW(static_cast<void>(constant.at(-1)), std::out_of_range);
    EXPECT_EQ(c.size(), 50U);
}

TYPED_TEST(assign, try_emplace_leaves_its_arguments_when_the_key_is_there) {
    using map = typename TestFixture::template of<move_only>;
    auto c = this->template make<map>();
    EXPECT_TRUE(c.try_emplace(move_only(1), value_for(1)).second);
    move_only k(1);
    move_only v(5);
    EXPECT_FALSE(c.try_emplace(std::move(k), std::move(v)).second);
    EXPECT_EQ(k.number(), 1); // NOLINT(bugprone-use-after-move): that is the promise
    EXPECT_EQ(v.number(), 5); // NOLINT(bugprone-use-after-move)
    move_only fresh(2);
    EXPECT_TRUE(c.try_emplace(std::move(fresh), value_for(2)).second);
    expect_holds(c, {1, 2});
}

TYPED_TEST(assign, try_emplace_makes_the_value_in_place) {
    using map = typename TestFixture::kept;
    auto c = this->template make<map>();
    c.try_emplace(plain(1), value_for(1));
    const plain two(2);
    census::copies = 0;
    c.try_emplace(two, value_for(2));
    EXPECT_EQ(census::copies, 1); // the key
    EXPECT_EQ(c.try_emplace(plain(3)).first->second.number(), 0);
    c.erase(plain(3));
    expect_holds(c, {1, 2});
}

TYPED_TEST(assign, insert_or_assign_replaces) {
    using map = typename TestFixture::template of<move_only>;
    auto c = this->template make<map>();
    for (int round = 0; round < 2; ++round) {
        for (int n = 0; n < 300; ++n) {
            const auto [at, fresh] = c.insert_or_assign(move_only(n), move_only(value_for(n)));
            ASSERT_EQ(fresh, round == 0);
            ASSERT_EQ(at->first.number(), n);
            if (round == 0) {
                at->second = move_only(-1);
            }
        }
    }
    expect_holds(c, numbers(0, 300));
    auto i = this->make();
    const int k = 4;
    EXPECT_TRUE(i.insert_or_assign(k, 1).second);
    EXPECT_FALSE(i.insert_or_assign(k, value_for(4)).second);
    expect_holds(i, {4});
}

TYPED_TEST(assign, hinted_forms_do_the_same) {
    using map = typename TestFixture::ints;
    EBB_WHERE(requires(map & m) {
        m.try_emplace(m.cbegin(), 1, 1);
        m.insert_or_assign(m.cbegin(), 1, 1);
    }) {
        auto c = this->make();
        EXPECT_EQ(c.try_emplace(c.cend(), 1, value_for(1))->first, 1);
        EXPECT_EQ(c.try_emplace(c.cbegin(), 1, 0)->second, value_for(1));
        EXPECT_EQ(c.insert_or_assign(c.cend(), 2, 0)->first, 2);
        EXPECT_EQ(c.insert_or_assign(c.cbegin(), 2, value_for(2))->second, value_for(2));
        expect_holds(c, {1, 2});
    }
}

TYPED_TEST(assign, values_change_through_iterators_and_references) {
    auto c = this->make();
    for (int n = 0; n < 100; ++n) {
        c[n] = 0;
    }
    for (auto&& [k, v] : c) {
        v = value_for(k);
    }
    expect_holds(c, numbers(0, 100));
    c.find(3)->second = 1;
    EXPECT_EQ(c.at(3), 1);
}

// The element of one key as the argument for another: it may move while the map makes room.
TYPED_TEST(assign, arguments_may_be_elements_of_the_map) {
    auto c = this->template make<typename TestFixture::kept>();
    c.try_emplace(plain(0), 77);
    for (int n = 1; n < 1500; ++n) {
        const plain& from = c.find(plain(n - 1))->second;
        switch (n % 5) {
        case 0:
            c.try_emplace(plain(n), from);
            break;
        case 1:
            c.insert_or_assign(plain(n), from);
            break;
        case 2:
            c.emplace(plain(n), from);
            break;
        case 3:
            c.insert({plain(n), from});
            break;
        default: { // the reference on the right may not be read after the map has moved it
            const plain copy = from;
            c[plain(n)] = copy;
            break;
        }
        }
        ASSERT_EQ(c.find(plain(n))->second.number(), 77) << n;
    }
    for (int n = 0; n < 1500; ++n) { // keys from values, into new places
        c.find(plain(n))->second = plain(2000 + n);
    }
    for (int n = 0; n < 1500; ++n) {
        c.try_emplace(c.find(plain(n))->second, 1);
        ASSERT_TRUE(c.contains(plain(2000 + n)));
    }
    EXPECT_EQ(c.size(), 3000U);
}

} // namespace tests
