// What compiles with std::unordered_map compiles with ours and does the same: odd types and odd
// calls that programs bring along. std's own maps stand in each list as the measure.
#include <ebb/alloc/arena/go_heap.h>
#include <ebb/maps/go_map.h>
#include <ebb/maps/hash_map.h>
#include <ebb/maps/hash_set.h>
#include <ebb/maps/node_hash_map.h>
#include <ebb/maps/node_hash_set.h>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <memory_resource>
#include <ranges>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace tests {
namespace {

template <template <class...> class Map, template <class...> class PmrMap,
          template <class...> class Set, template <class> class Hash>
struct family {
    template <class K, class V, class H = Hash<K>, class E = std::equal_to<K>>
    using map = Map<K, V, H, E>;
    template <class K, class V, class H = Hash<K>, class E = std::equal_to<K>>
    using pmr_map = PmrMap<K, V, H, E>;
    template <class K, class H = Hash<K>>
    using set = Set<K, H>;
};

template <class Maps>
class surface : public testing::Test {};
using all = testing::Types<
    family<std::unordered_map, std::pmr::unordered_map, std::unordered_set, std::hash>,
    family<ebb::hash_map, ebb::pmr::hash_map, ebb::hash_set, ebb::hash>,
    family<ebb::node_hash_map, ebb::pmr::node_hash_map, ebb::node_hash_set, ebb::hash>>;
TYPED_TEST_SUITE(surface, all);

struct remembers_its_hash {
    int number;
    std::size_t hash;
    friend bool operator==(const remembers_its_hash& a, const remembers_its_hash& b) {
        return a.number == b.number;
    }
};
struct by_reference {
    const std::size_t& operator()(const remembers_its_hash& k) const { return k.hash; }
};

TYPED_TEST(surface, a_hash_may_return_a_reference) {
    typename TypeParam::template map<remembers_its_hash, int, by_reference> m;
    for (int n = 0; n < 1000; ++n) {
        m[{n, std::hash<int>()(n)}] = n;
    }
    EXPECT_EQ(m.size(), 1000U);
    EXPECT_EQ(m.at({7, 7}), 7);
}

struct unassignable {
    const int number;
    explicit unassignable(int n) : number(n) {}
};

// Out into a handle, from one handle to another, and in again.
template <class Map>
void expect_to_travel(Map& m, int key) {
    auto handle = m.extract(key);
    typename Map::node_type other;
    other = std::move(handle);
    EXPECT_TRUE(handle.empty()); // NOLINT(bugprone-use-after-move): that is the promise
    swap(handle, other);
    EXPECT_TRUE(other.empty());
    handle.key() = key + 1;
    EXPECT_TRUE(m.insert(std::move(handle)).inserted);
    EXPECT_TRUE(m.contains(key + 1));
    m.insert(m.end(), m.extract(key + 1));
    EXPECT_EQ(m.size(), 1U);
    Map n;
    n.merge(m);
    EXPECT_EQ(n.size(), 1U);
    EXPECT_TRUE(m.empty());
    m.swap(n);
}

TYPED_TEST(surface, handles_hold_what_cant_be_assigned) {
    typename TypeParam::template map<int, unassignable> m;
    m.try_emplace(1, 5);
    expect_to_travel(m, 1);
    EXPECT_EQ(m.at(2).number, 5);
    typename TypeParam::template map<int, const std::unique_ptr<int>> p;
    p.try_emplace(1, new int(5));
    expect_to_travel(p, 1);
    EXPECT_EQ(*p.at(2), 5);
    typename TypeParam::template map<int, const int> c;
    c.emplace(1, 5);
    expect_to_travel(c, 1);
    EXPECT_EQ(c.at(2), 5);
}

TYPED_TEST(surface, handles_hold_what_cant_be_moved) {
    typename TypeParam::template map<int, std::atomic<int>> m;
    m[1] = 5;
    expect_to_travel(m, 1);
    EXPECT_EQ(m.at(2), 5);
    typename TypeParam::template map<int, int[4]> a;
    a[1][3] = 5;
    expect_to_travel(a, 1);
    EXPECT_EQ(a.at(2)[3], 5);

    std::pmr::monotonic_buffer_resource memory;
    using pmr_map = typename TypeParam::template pmr_map<int, std::atomic<int>>;
    pmr_map from(&memory);
    from[1] = 5;
    pmr_map to(&memory);
    to.merge(from);
    to.insert(to.extract(1));
    EXPECT_EQ(to.at(1), 5);
}

struct without_new {
    std::array<char, 3000> text{};
    int number;
    explicit without_new(int n) : number(n) {}
    friend bool operator==(const without_new& a, const without_new& b) {
        return a.number == b.number;
    }
    static void* operator new(std::size_t) = delete;
    static void operator delete(void*) = delete;
};
struct by_number {
    std::size_t operator()(const without_new& k) const {
        return static_cast<std::size_t>(k.number);
    }
};

TYPED_TEST(surface, handles_ask_no_type_for_its_operator_new) {
    typename TypeParam::template set<without_new, by_number> s;
    s.emplace(1);
    auto handle = s.extract(s.begin());
    handle.value().number = 2;
    s.insert(std::move(handle));
    EXPECT_TRUE(s.contains(without_new(2)));
}

// As C++17 has them: `*` isn't const.
class counting {
  public:
    using iterator_category = std::input_iterator_tag;
    using value_type = std::pair<int, int>;
    using difference_type = std::ptrdiff_t;
    using pointer = value_type*;
    using reference = value_type&;
    explicit counting(int n) : at_(n, n) {}
    reference operator*() { return at_; }
    counting& operator++() {
        at_ = {at_.first + 1, at_.second + 1};
        return *this;
    }
    counting operator++(int) {
        counting before = *this;
        ++*this;
        return before;
    }
    friend bool operator==(const counting& a, const counting& b) { return a.at_ == b.at_; }

  private:
    value_type at_;
};

TYPED_TEST(surface, ranges_may_have_iterators_of_before_cxx20) {
    typename TypeParam::template map<int, int> m(counting(0), counting(10));
    m.insert(counting(5), counting(20));
    EXPECT_EQ(m.size(), 20U);
    EXPECT_EQ(m.at(19), 19);
}

TYPED_TEST(surface, insert_with_a_hint_takes_what_makes_an_element) {
    typename TypeParam::template map<std::string, int> m;
    m.insert(m.end(), std::pair<std::string_view, int>("one", 1));
    EXPECT_EQ(m.at("one"), 1);
}

struct of_text {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>()(s); }
};
struct asked_for_first {
    using is_transparent = void;
    bool operator()(const std::string& a, const std::string& b) const { return a == b; }
    bool operator()(std::string_view a, const std::string& b) const { return a == b; }
    bool operator()(const std::string& a, std::string_view b) const = delete;
};

TYPED_TEST(surface, a_transparent_comparison_may_know_one_order) {
    typename TypeParam::template map<std::string, int, of_text, asked_for_first> m;
    m["one"] = 1;
    EXPECT_NE(m.find(std::string_view("one")), m.end());
    EXPECT_EQ(m.count(std::string_view("two")), 0U);
}

TYPED_TEST(surface, closures_that_capture_hash_and_compare) {
    const int salt = static_cast<int>(std::string("salt").size()); // no constant, so it is captured
    const auto hash = [salt](int k) { return static_cast<std::size_t>(k + salt); };
    const auto equal = [salt](int a, int b) { return a + salt == b + salt; };
    using map = typename TypeParam::template map<int, int, decltype(hash), decltype(equal)>;
    static_assert(!std::is_default_constructible_v<map>);
    using pmr_map = typename TypeParam::template pmr_map<int, int, decltype(hash), decltype(equal)>;
    static_assert(!std::is_default_constructible_v<pmr_map>);

    std::pmr::monotonic_buffer_resource here;
    std::pmr::monotonic_buffer_resource there;
    pmr_map a(10, hash, equal, &here);
    a[1] = 2;
    pmr_map b(std::move(a), &here);
    EXPECT_EQ(b.at(1), 2);
    pmr_map c(std::move(b), &there);
    EXPECT_EQ(c.at(1), 2);
}

} // namespace

TEST(go_map_surface, elements_are_taken_apart_as_pairs_are) {
    using map = ebb::go_map<int, int>;
    static_assert(std::tuple_size_v<map::reference> == 2);
    static_assert(std::is_same_v<std::tuple_element_t<0, map::reference>, const int&>);
    static_assert(std::is_same_v<std::tuple_element_t<1, map::const_reference>, const int&>);
    ebb::go_heap heap;
    map m(heap);
    for (int n = 0; n < 100; ++n) {
        m[n] = 2;
    }
    int sum = 0;
    for (const auto& [k, v] : std::as_const(m)) {
        sum += k + v;
    }
    EXPECT_EQ(sum, 4950 + 200);
    for (auto [k, v] : m) {
        v = 3;
    }
#if !defined(__clang__) || __clang_major__ >= 16 // those before don't compile libstdc++'s views
    for (const int k : m | std::views::keys) {
        sum -= k;
    }
    for (const int v : m | std::views::values) {
        sum -= v;
    }
    EXPECT_EQ(sum, 200 - 300);
#endif
}

} // namespace tests
