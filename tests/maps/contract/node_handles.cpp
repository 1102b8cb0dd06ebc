// extract and merge, where a map has them.
#include <tests/maps/contract/fixture.h>

namespace tests {

template <class F>
class node_handles : public contract<F> {};
TYPED_TEST_SUITE(node_handles, maps_and_sets, family_name);

// The number of a handle's key.
template <class Node>
int number_in(Node& node) {
    if constexpr (requires { node.value(); }) {
        return number_of(node.value());
    } else {
        return number_of(node.key());
    }
}

TYPED_TEST(node_handles, extract_takes_an_element_out_whole) {
    using map = typename TestFixture::template of<move_only>;
    EBB_WHERE(extracts<map>) {
        auto c = this->template make<map>();
        fill(c, 0, 100);
        typename map::node_type node = c.extract(move_only(7));
        ASSERT_FALSE(node.empty());
        ASSERT_TRUE(static_cast<bool>(node));
        EXPECT_EQ(number_in(node), 7);
        EXPECT_FALSE(c.contains(move_only(7)));
        EXPECT_EQ(c.size(), 99U);
        auto none = c.extract(move_only(7));
        EXPECT_TRUE(none.empty());
        const auto first = c.extract(c.cbegin());
        EXPECT_FALSE(first.empty());
        EXPECT_EQ(c.size(), 98U);
        EXPECT_EQ(census::live, (98 + 2) * (is_map<map> ? 2 : 1));
    }
}

TYPED_TEST(node_handles, insert_puts_it_in_or_gives_it_back) {
    using map = typename TestFixture::template of<move_only>;
    EBB_WHERE(extracts<map>) {
        auto from = this->template make<map>();
        fill(from, 0, 10);
        auto to = this->template make<map>();
        fill(to, 5, 6);
        auto done = to.insert(from.extract(move_only(4)));
        EXPECT_TRUE(done.inserted);
        EXPECT_TRUE(done.node.empty());
        EXPECT_EQ(number_of(key_of<map>(*done.position)), 4);
        auto refused = to.insert(from.extract(move_only(5)));
        EXPECT_FALSE(refused.inserted);
        EXPECT_EQ(number_in(refused.node), 5);
        EXPECT_EQ(number_of(key_of<map>(*refused.position)), 5);
        auto nothing = to.insert(typename map::node_type());
        EXPECT_FALSE(nothing.inserted);
        EXPECT_TRUE(nothing.position == to.end());
        expect_holds(to, {4, 5});
        expect_holds(from, {0, 1, 2, 3, 6, 7, 8, 9});
    }
}

TYPED_TEST(node_handles, a_key_changes_in_its_handle) {
    using map = typename TestFixture::ints;
    EBB_WHERE(extracts<map>) {
        auto c = this->make_with(0, 20);
        auto node = c.extract(3);
        if constexpr (is_map<map>) {
            node.key() = 33;
            node.mapped() = value_for(33);
        } else {
            node.value() = 33;
        }
        auto other = std::move(node);
        EXPECT_TRUE(node.empty()); // NOLINT(bugprone-use-after-move): that is the promise
        c.insert(std::move(other));
        std::vector<int> expected = numbers(0, 20);
        expected[3] = 33;
        expect_holds(c, expected);
    }
}

TYPED_TEST(node_handles, a_hint_changes_nothing_about_it) {
    using map = typename TestFixture::ints;
    EBB_WHERE(extracts<map>) {
        auto c = this->make_with(0, 10);
        auto d = this->make_with(5, 6);
        auto node = c.extract(4);
        EXPECT_EQ(key_of<map>(*d.insert(d.cbegin(), std::move(node))), 4);
        EXPECT_TRUE(node.empty()); // NOLINT(bugprone-use-after-move): that is the promise
        node = c.extract(5);
        EXPECT_EQ(key_of<map>(*d.insert(d.cend(), std::move(node))), 5);
        if constexpr (TypeParam::keeps_refused_nodes) {
            ASSERT_FALSE(node.empty()); // NOLINT(bugprone-use-after-move): it was refused
            EXPECT_EQ(number_in(node), 5);
        }
        EXPECT_TRUE(d.insert(d.cend(), typename map::node_type()) == d.end());
        expect_holds(d, {4, 5});
        static_assert(!requires(map & m, typename map::node_type & n) { m.insert(n); });
    }
}

TYPED_TEST(node_handles, handles_swap_move_and_end_with_what_they_hold) {
    using map = typename TestFixture::template of<move_only>;
    EBB_WHERE(extracts<map>) {
        auto c = this->template make<map>();
        fill(c, 0, 4);
        auto a = c.extract(move_only(1));
        auto b = c.extract(move_only(2));
        a.swap(b);
        EXPECT_EQ(number_in(a), 2);
        swap(a, b);
        EXPECT_EQ(number_in(a), 1);
        a = std::move(b);
        EXPECT_TRUE(b.empty()); // NOLINT(bugprone-use-after-move): that is the promise
        EXPECT_EQ(number_in(a), 2);
        EXPECT_EQ(census::live, (is_map<map> ? 2 : 1) * 3);
        typename map::node_type none;
        a = std::move(none);
        EXPECT_TRUE(a.empty());
        EXPECT_EQ(census::live, (is_map<map> ? 2 : 1) * 2);
        expect_holds(c, {0, 3});
    }
}

TYPED_TEST(node_handles, merge_takes_from_a_map_with_other_functions) {
    using map = typename TestFixture::ints;
    using other = typename TestFixture::template of<int, int, any_hash, any_equal>;
    EBB_WHERE(merges<map> && requires(map & m, other & o) { m.merge(o); }) {
        auto to = this->make_with(0, 100);
        auto from = this->template make<other>();
        fill(from, 50, 900);
        to.merge(from);
        expect_holds(to, numbers(0, 900));
        expect_holds(from, numbers(50, 100));
        to.merge(std::move(from));
        expect_holds(to, numbers(0, 900));
    }
}

TYPED_TEST(node_handles, merge_takes_what_is_new_and_leaves_the_rest) {
    using map = typename TestFixture::kept;
    EBB_WHERE(merges<map>) {
        for (const int size : {0, 1, 10, 1000}) {
            auto to = this->template make<map>();
            auto from = this->template make<map>();
            fill(to, 0, size);
            fill(from, size / 2, 2 * size);
            census::copies = 0;
            to.merge(from);
            EXPECT_EQ(census::copies, 0);
            expect_holds(to, numbers(0, 2 * size));
            expect_holds(from, numbers(size / 2, size));
            to.merge(std::move(from));
            expect_holds(to, numbers(0, 2 * size));
        }
    }
}

TYPED_TEST(node_handles, references_stay_through_handles_and_merges) {
    using map = typename TestFixture::kept;
    EBB_WHERE(merges<map> && extracts<map> && TypeParam::keeps_references) {
        auto from = this->template make<map>();
        auto to = this->template make<map>();
        fill(from, 0, 1000);
        std::vector<const plain*> places;
        for (int n = 0; n < 1000; ++n) {
            places.push_back(&key_of<map>(*from.find(plain(n))));
        }
        for (int n = 0; n < 1000; n += 7) {
            to.insert(from.extract(plain(n)));
        }
        to.merge(from);
        for (int n = 0; n < 1000; ++n) {
            ASSERT_EQ(&key_of<map>(*to.find(plain(n))), places[static_cast<std::size_t>(n)]);
        }
        expect_holds(to, numbers(0, 1000));
        expect_holds(from, {});
    }
}

TYPED_TEST(node_handles, merge_with_itself_is_nothing) {
    using map = typename TestFixture::kept;
    EBB_WHERE(merges<map>) {
        auto c = this->template make<map>();
        fill(c, 0, 100);
        c.merge(c);
        expect_holds(c, numbers(0, 100));
    }
}

TYPED_TEST(node_handles, merge_hashes_by_the_one_that_receives) {
    using map = typename TestFixture::ints;
    EBB_WHERE(merges<map> && TypeParam::merges_whole) {
        auto to = this->make(number_hash{1, spread::low_bits});
        auto from = this->make(number_hash{2, spread::identity});
        fill(from, 0, 700);
        to.merge(from);
        expect_holds(to, numbers(0, 700));
        expect_holds(from, {});
        EXPECT_EQ(to.hash_function().id, 1);
    }
}

} // namespace tests
