// What hash_map, hash_set and their node kin have by themselves, outside of the contract of all
// maps: types deduced, look-up by what is no key, iterators that know their end, elements that
// their own map is told to take, at every size at which it makes room, in each of its layouts.
#include <ebb/maps/hash_map.h>
#include <ebb/maps/hash_set.h>
#include <ebb/maps/node_hash_map.h>
#include <ebb/maps/node_hash_set.h>

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

std::size_t news = 0;

} // namespace

// Not inlined: g++ would tell malloc and delete apart again.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
    ++news;
    if (void* const p = std::malloc(bytes)) {
        return p;
    }
    throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* p) noexcept {
    std::free(p);
}
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept {
    std::free(p);
}

namespace {

template <class Map>
concept finds_views = requires(Map& m, std::string_view v) {
    m.find(v);
};

struct other_hash : ebb::hash<int> {};
struct other_equal : std::equal_to<int> {};

TEST(hash_map, deduces_its_types) {
    const std::vector<std::pair<const int, long>> from{{1, 2}, {3, 4}, {1, 5}};
    const ebb::hash_map a(from.begin(), from.end());
    static_assert(std::is_same_v<decltype(a), const ebb::hash_map<int, long>>);
    EXPECT_EQ(a.size(), 2u);
    EXPECT_EQ(a.at(1), 2);
    const ebb::hash_map b({std::pair{1, 'a'}, std::pair{2, 'b'}});
    static_assert(std::is_same_v<decltype(b), const ebb::hash_map<int, char>>);
    EXPECT_EQ(b.size(), 2u);
    const ebb::hash_map c(from.begin(), from.end(), 10, other_hash(), other_equal());
    static_assert(
        std::is_same_v<decltype(c), const ebb::hash_map<int, long, other_hash, other_equal>>);
    EXPECT_EQ(c.size(), 2u);
    const ebb::hash_map d(a);
    static_assert(std::is_same_v<decltype(d), const ebb::hash_map<int, long>>);
    EXPECT_TRUE(d == a);
}

TEST(hash_set, deduces_its_types) {
    const std::vector<int> from{1, 2, 1};
    const ebb::hash_set a(from.begin(), from.end());
    static_assert(std::is_same_v<decltype(a), const ebb::hash_set<int>>);
    EXPECT_EQ(a.size(), 2u);
    const ebb::hash_set b({std::string("x"), std::string("y")});
    static_assert(std::is_same_v<decltype(b), const ebb::hash_set<std::string>>);
    EXPECT_EQ(b.size(), 2u);
    const ebb::hash_set c(from.begin(), from.end(), 0, other_hash(), other_equal());
    static_assert(std::is_same_v<decltype(c), const ebb::hash_set<int, other_hash, other_equal>>);
    EXPECT_EQ(c.size(), 2u);
}

TEST(node_hash_map, deduces_its_types) {
    const std::vector<std::pair<const int, long>> from{{1, 2}, {3, 4}, {1, 5}};
    const ebb::node_hash_map a(from.begin(), from.end());
    static_assert(std::is_same_v<decltype(a), const ebb::node_hash_map<int, long>>);
    EXPECT_EQ(a.at(1), 2);
    const ebb::node_hash_map b({std::pair{1, 'a'}, std::pair{2, 'b'}});
    static_assert(std::is_same_v<decltype(b), const ebb::node_hash_map<int, char>>);
    EXPECT_EQ(b.size(), 2u);
    const ebb::node_hash_set c({1, 2, 1});
    static_assert(std::is_same_v<decltype(c), const ebb::node_hash_set<int>>);
    EXPECT_EQ(c.size(), 2u);
    const ebb::node_hash_set d(c.begin(), c.end(), 0, other_hash(), other_equal());
    static_assert(
        std::is_same_v<decltype(d), const ebb::node_hash_set<int, other_hash, other_equal>>);
    EXPECT_EQ(d.size(), 2u);
}

TEST(hash_map, finds_strings_by_views_and_literals_without_making_one) {
    ebb::hash_map<std::string, int, ebb::hash<std::string>, std::equal_to<>> m;
    const std::string prefix = "a key that is longer than a string holds in itself ";
    for (int n = 0; n < 1000; ++n) {
        m[prefix + std::to_string(n)] = n;
    }
    m["literal, and also too long for a string's own place"] = -1;
    std::vector<std::string> keys;
    for (int n = 0; n < 2000; ++n) {
        keys.push_back(prefix + std::to_string(n));
    }
    const auto& constant = m;
    news = 0;
    std::size_t found = 0;
    for (const std::string& k : keys) {
        const std::string_view view = k;
        const auto at = m.find(view);
        found += at != m.end() ? 1 : 0;
        found += constant.contains(view) ? 1 : 0;
        found += constant.count(k.c_str());
    }
    const auto literal = m.find("literal, and also too long for a string's own place");
    const bool missing = m.contains("nothing of that kind, at the same length, or a bit");
    EXPECT_EQ(news, 0u);
    EXPECT_EQ(found, 3000u);
    ASSERT_TRUE(literal != m.end());
    EXPECT_EQ(literal->second, -1);
    EXPECT_FALSE(missing);
    EXPECT_EQ(m.at(std::string_view(keys[7])), 7);
    EXPECT_EQ(m.erase(std::string_view(keys[7])), 1u);
    EXPECT_EQ(m.size(), 1000u);
    // Without a transparent comparison there is one way: by a string.
    using plain = ebb::hash_map<std::string, int>;
    static_assert(finds_views<decltype(m)> && !finds_views<plain>);
}

// As std::unordered_map allows in practice: a map of what is not yet complete.
struct tree {
    int number = 0;
    ebb::node_hash_map<int, tree> children;
};
TEST(node_hash_map, holds_what_holds_it) {
    tree root;
    for (int n = 0; n < 2000; ++n) {
        root.children[n].children[1].number = n;
    }
    root.children.validate();
    EXPECT_EQ(root.children.at(1999).children.at(1).number, 1999);
}

struct calls_itself_bad : std::hash<int> {
    using is_avalanching = std::false_type;
};
struct calls_itself_good : std::hash<int> {
    using is_avalanching = std::true_type;
};
struct says_it_by_name : std::hash<int> {
    using is_avalanching = void;
};
static_assert(!ebb::detail::is_avalanching<std::hash<int>>);
static_assert(!ebb::detail::is_avalanching<calls_itself_bad>);
static_assert(ebb::detail::is_avalanching<calls_itself_good>);
static_assert(ebb::detail::is_avalanching<says_it_by_name>);

struct without_address {
    int n;
    bool operator==(const without_address&) const = default;
    without_address* operator&() = delete;
    const without_address* operator&() const = delete;
};
struct hash_of_it {
    std::size_t operator()(const without_address& w) const { return std::hash<int>()(w.n); }
};
// Nothing of an element's size lies on the stack, which is smaller.
TEST(hash_map, holds_values_of_nine_megabytes) {
    using large = std::array<char, 9 << 20>;
    ebb::hash_map<int, large> m;
    for (int n = 0; n < 20; ++n) {
        m.try_emplace(n).first->second[static_cast<std::size_t>(n)] = 'x';
    }
    m.erase(3);
    auto handle = m.extract(4);
    ASSERT_FALSE(handle.empty());
    EXPECT_EQ(handle.mapped()[4], 'x');
    handle.key() = 3;
    EXPECT_TRUE(m.insert(std::move(handle)).inserted);
    EXPECT_EQ(m.at(3)[4], 'x');
    EXPECT_EQ(m.size(), 19U);
    m.validate();
}

TEST(node_hash_map, holds_references_and_its_own_kind) {
    struct plant {
        ebb::node_hash_map<int, plant> kids;
        int n = 0;
    };
    plant t;
    t.kids[1].kids[2].n = 3;
    plant copy(t);
    EXPECT_EQ(copy.kids.at(1).kids.at(2).n, 3);
    int x = 5;
    int y = 6;
    ebb::node_hash_map<int, int&> m;
    m.emplace(1, x);
    m.insert({2, y});
    m.at(1) = 7;
    EXPECT_EQ(x, 7);
    EXPECT_EQ(&m.at(2), &y);
    for (auto& [k, v] : m) {
        v += k;
    }
    EXPECT_EQ(y, 8);
}

TEST(hash_map, swaps_by_its_own_function_and_is_made_without_throwing) {
    using std::swap;
    using map = ebb::hash_map<std::string, int>;
    using on_resource = ebb::pmr::hash_map<int, int>;
    using nodes = ebb::node_hash_set<int>;
    static_assert(std::is_nothrow_swappable_v<map> && std::is_nothrow_swappable_v<nodes>);
    static_assert(std::is_nothrow_swappable_v<on_resource>);
    static_assert(std::is_nothrow_default_constructible_v<map>);
    static_assert(std::is_nothrow_default_constructible_v<nodes>);
    map a{{"one", 1}};
    map b;
    const int* const at = &a.at("one");
    swap(a, b);
    EXPECT_TRUE(a.empty());
    EXPECT_EQ(&b.at("one"), at) << "moved element by element";
    EXPECT_EQ(ebb::erase_if(b, [](const auto& e) { return e.second == 1; }), 1U);
}

TEST(hash_map, handles_know_their_allocator) {
    std::pmr::monotonic_buffer_resource from;
    ebb::pmr::hash_map<int, int> m(&from);
    m[1] = 2;
    const auto handle = m.extract(1);
    EXPECT_EQ(handle.get_allocator().resource(), &from);
    ebb::pmr::node_hash_map<int, int> n(&from);
    n[1] = 2;
    EXPECT_EQ(n.extract(1).get_allocator().resource(), &from);
    ebb::hash_map<int, int> own;
    own[1] = 2;
    static_assert(std::is_same_v<decltype(own.extract(1).get_allocator()),
                                 std::allocator<std::pair<const int, int>>>);
    static_assert(std::is_same_v<decltype(own)::node_type::mapped_type, int>);
    // So that what hands allocators down hands it none.
    static_assert(!std::uses_allocator_v<decltype(own), std::allocator<int>>);
    static_assert(std::uses_allocator_v<decltype(m), std::pmr::polymorphic_allocator<int>>);
}

TEST(hash_set, takes_keys_without_an_address) {
    ebb::hash_set<without_address, hash_of_it> s;
    for (int n = 0; n < 3000; ++n) {
        s.insert({n});
    }
    s.validate();
    EXPECT_TRUE(s.contains({2999}));
    EXPECT_EQ(s.erase({2999}), 1u);
}

#if EBB_CHECK_ITERATORS
TEST(hash_map_death, use_of_an_iterator_that_an_insert_or_erase_ended_stops) {
    ebb::hash_map<int, int> m{{1, 1}, {2, 2}};
    auto it = m.find(1);
    const auto ended = "an iterator is used that an insert or erase has ended";
    m[3] = 3;
    EXPECT_DEATH(static_cast<void>(*it), ended);
    EXPECT_DEATH(++it, ended);
    EXPECT_DEATH(m.erase(it), ended);
    it = m.find(1);
    m[3] = 4; // there already: nothing ended
    EXPECT_EQ(it->second, 1);
    EXPECT_EQ(m.erase(7), 0u);
    EXPECT_EQ(it->second, 1);
    m.erase(2);
    EXPECT_DEATH(static_cast<void>(it->second), ended);
    EXPECT_DEATH(static_cast<void>(*m.end()), "an iterator at the end is used");
}
#endif

// Elements of 40 bytes and more lie in arrays, smaller ones in slots, nodes in blocks of their own.
template <std::size_t Bytes>
struct text {
    std::unique_ptr<std::string> said; // a copy from what has moved away is no copy
    std::array<char, Bytes> rest{};
    text() = default;
    explicit text(const std::string& s) : said(std::make_unique<std::string>(s)) {}
    text(const text& other) : said(std::make_unique<std::string>(*other.said)) {}
    text(text&&) noexcept = default;
    text& operator=(const text& other) {
        *said = *other.said;
        return *this;
    }
    text& operator=(text&&) noexcept = default;
    ~text() = default;
};

template <class Map>
class own_elements : public testing::Test {};
template <template <class...> class Map, class Value>
using on_std = Map<int, Value, ebb::hash<int>, std::equal_to<int>,
                   std::allocator<std::pair<const int, Value>>>;
using subjects = testing::Types<ebb::hash_map<int, text<1>>, ebb::hash_map<int, text<300>>,
                                ebb::hash_map<int, text<3000>>, ebb::node_hash_map<int, text<1>>,
                                on_std<ebb::hash_map, text<1>>, on_std<ebb::hash_map, text<300>>,
                                on_std<ebb::node_hash_map, text<1>>>;
TYPED_TEST_SUITE(own_elements, subjects);

TYPED_TEST(own_elements, can_be_the_value_of_another) {
    using value = typename TypeParam::mapped_type;
    TypeParam m;
    const std::string said = "a text too long to lie in a string's own place";
    m.try_emplace(0, said);
    for (int n = 1; n < 1500; ++n) {
        const auto it = m.find((n * 37) % n);
        const value& from = it->second;
        switch (n % 7) {
        case 0:
            m.try_emplace(n, from);
            break;
        case 1:
            m.insert_or_assign(n, from);
            break;
        case 2:
            m.emplace(n, from);
            break;
        case 3:
            m.insert({n, from});
            break;
        case 4:
            m.emplace_hint(m.cbegin(), n, from);
            break;
        case 5:
            m.emplace(std::piecewise_construct, std::forward_as_tuple(n),
                      std::forward_as_tuple(from));
            break;
        default:
            m.insert(std::pair<const int&, const value&>(n, from));
            break;
        }
        ASSERT_EQ(*m.at(n).said, said) << n;
        ASSERT_FALSE(m.insert(*m.begin()).second);
        ASSERT_FALSE(m.emplace(*m.begin()).second);
    }
    m.validate();
    for (int n = 0; n < 1500; ++n) { // moved out of the one, into a new one
        value& from = m.at(n);
        ASSERT_TRUE(m.try_emplace(2000 + n, std::move(from)).second);
        ASSERT_EQ(*m.at(2000 + n).said, said);
        ASSERT_EQ(m.at(n).said, nullptr);
    }
    m.validate();
}

TYPED_TEST(own_elements, can_be_assigned_to_themselves) {
    TypeParam m;
    for (int n = 0; n < 200; ++n) {
        m.try_emplace(n, std::to_string(n));
    }
    for (int n = 0; n < 200; ++n) {
        const auto it = m.find(n);
        ASSERT_FALSE(m.insert_or_assign(it->first, it->second).second);
        ASSERT_EQ(*it->second.said, std::to_string(n));
    }
    m.merge(m);
    EXPECT_EQ(m.size(), 200u);
}

TYPED_TEST(own_elements, can_be_erased_and_extracted_by_their_own_keys) {
    TypeParam m;
    for (int n = 0; n < 1500; ++n) {
        m.try_emplace(n, std::to_string(n));
    }
    for (int n = 0; !m.empty(); ++n) {
        const std::size_t before = m.size();
        const int& key = m.begin()->first;
        const int copy = key;
        if (n % 3 == 0) {
            const auto node = m.extract(key);
            ASSERT_EQ(node.key(), copy);
            ASSERT_EQ(*node.mapped().said, std::to_string(copy));
        } else {
            ASSERT_EQ(m.erase(key), 1u);
        }
        ASSERT_EQ(m.size(), before - 1);
        ASSERT_FALSE(m.contains(copy));
    }
    m.validate();
}

} // namespace
