// How maps come to be: empty, with functions, from ranges and lists.
#include <tests/maps/contract/fixture.h>

#include <memory>
#include <sstream>
#include <utility>
#include <vector>

namespace tests {

template <class F>
class construction : public contract<F> {};
TYPED_TEST_SUITE(construction, maps_and_sets, family_name);

TYPED_TEST(construction, a_new_map_is_empty) {
    auto c = this->make();
    expect_holds(c, {});
    EXPECT_TRUE(c.begin() == c.end());
    EXPECT_TRUE(c.cbegin() == c.cend());
    EXPECT_TRUE(c.find(1) == c.end());
    EXPECT_EQ(c.count(1), 0U);
    EXPECT_EQ(c.erase(1), 0U);
    c.clear();
    expect_holds(c, {});
    this->expect_accounted(c);
}

TYPED_TEST(construction, hash_and_equality_are_those_given) {
    auto c = this->make(number_hash{7, spread::identity}, number_equal{8});
    EXPECT_EQ(c.hash_function().id, 7);
    EXPECT_EQ(c.hash_function().as, spread::identity);
    EXPECT_EQ(c.key_eq().id, 8);
    fill(c, 0, 20);
    expect_holds(c, numbers(0, 20));
}

TYPED_TEST(construction, a_size_hint_changes_nothing_but_room) {
    using map = typename TestFixture::ints;
    auto& s = TypeParam::of(this->source_);
    const auto with = [&](std::size_t hint) {
        if constexpr (std::is_constructible_v<map, decltype(s), std::size_t>) {
            return map(s, hint);
        } else if constexpr (requires { map(hint, number_hash(), number_equal(), s); }) {
            return map(hint, number_hash(), number_equal(), s);
        } else {
            return map(hint);
        }
    };
    for (const std::size_t hint : {0U, 1U, 7U, 100U, 5000U}) {
        map c = with(hint);
        expect_holds(c, {});
        this->expect_accounted(c);
        fill(c, 0, 300);
        expect_holds(c, numbers(0, 300));
    }
}

TYPED_TEST(construction, from_a_range_keeps_the_first_of_equal_keys) {
    using map = typename TestFixture::ints;
    using list = std::vector<decltype(element<map>(0))>;
    auto& s = TypeParam::of(this->source_);
    EBB_WHERE(
        requires(const list& l) { map(l.begin(), l.end(), 0, number_hash(), number_equal(), s); }) {
        list from;
        for (const int n : {3, 1, 2, 1, 3, 5}) {
            from.push_back(element<map>(n));
        }
        if constexpr (is_map<map>) {
            from[3].second = -1;
            from[4].second = -1;
        }
        const map c(from.begin(), from.end(), 0, number_hash{4}, number_equal{5}, s);
        expect_holds(c, {1, 2, 3, 5});
        EXPECT_EQ(c.hash_function().id, 4);
        EXPECT_EQ(c.key_eq().id, 5);
        const map none(from.end(), from.end(), 0, number_hash(), number_equal(), s);
        expect_holds(none, {});
    }
}

TYPED_TEST(construction, from_a_range_that_can_be_read_once) {
    using map = typename TestFixture::ints;
    using input = std::istream_iterator<int>;
    auto& s = TypeParam::of(this->source_);
    EBB_WHERE(!is_map<map> &&
              requires(input i) { map(i, i, 0, number_hash(), number_equal(), s); }) {
        std::istringstream text("5 6 7 5 6 8");
        const map c(input(text), input(), 0, number_hash(), number_equal(), s);
        expect_holds(c, {5, 6, 7, 8});
    }
}

TYPED_TEST(construction, from_a_list_and_assigned_a_list) {
    using map = typename TestFixture::ints;
    using list = std::initializer_list<typename map::value_type>;
    auto& s = TypeParam::of(this->source_);
    EBB_WHERE(requires(const list& l, map& m) {
        map(l, 0, number_hash(), number_equal(), s);
        m = l;
    }) {
        map c({element<map>(1), element<map>(2), element<map>(1)}, 0, number_hash(), number_equal(),
              s);
        expect_holds(c, {1, 2});
        c = {element<map>(2), element<map>(3), element<map>(4)};
        expect_holds(c, {2, 3, 4});
        c = list{};
        expect_holds(c, {});
    }
}

// Over std::allocator, as programs mostly have them: nothing has to be given.
template <class F>
class default_construction : public ::testing::Test {};
TYPED_TEST_SUITE(default_construction, maps_on_allocators, family_name);

TYPED_TEST(default_construction, takes_any_part_of_what_can_be_given) {
    using pair = std::pair<const int, int>;
    using map = typename TypeParam::template with_allocator<int, int, number_hash, number_equal,
                                                            std::allocator<pair>>;
    const std::vector<pair> from = {{1, value_for(1)}, {2, value_for(2)}, {1, 0}};
    const number_hash h{3};
    const number_equal e{4};
    const std::allocator<pair> a;
    expect_holds(map(), {});
    expect_holds(map{}, {});
    expect_holds(map(a), {});
    expect_holds(map(10), {});
    expect_holds(map(10, a), {});
    expect_holds(map(10, h), {});
    expect_holds(map(10, h, a), {});
    expect_holds(map(10, h, e), {});
    expect_holds(map(from.begin(), from.end()), {1, 2});
    expect_holds(map(from.begin(), from.end(), 10), {1, 2});
    expect_holds(map(from.begin(), from.end(), 10, a), {1, 2});
    expect_holds(map(from.begin(), from.end(), 10, h), {1, 2});
    expect_holds(map(from.begin(), from.end(), 10, h, a), {1, 2});
    expect_holds(map(from.begin(), from.end(), 10, h, e), {1, 2});
    expect_holds(map({{1, value_for(1)}, {2, value_for(2)}}), {1, 2});
    expect_holds(map({{1, value_for(1)}}, 10, a), {1});
    expect_holds(map({{1, value_for(1)}}, 10, h, a), {1});
    map c(from.begin(), from.end(), 10, h, e, a);
    EXPECT_EQ(c.hash_function().id, 3);
    EXPECT_EQ(c.key_eq().id, 4);
    map d = {};
    d = {{5, value_for(5)}};
    expect_holds(d, {5});
    swap(c, d);
    expect_holds(d, {1, 2});
}

} // namespace tests
