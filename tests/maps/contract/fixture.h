// The fixture of the contract: makes maps in a fresh arena, compares them with the numbers that
// they should hold, and after each test asks whether every object and every byte is gone.
#pragma once

#include <gtest/gtest.h>
#include <tests/maps/contract/capabilities.h>
#include <tests/maps/contract/maps.h>
#include <tests/maps/contract/values.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

namespace tests {

/// What stands beside key n unless a test says otherwise.
constexpr int value_for(int n) {
    return n * 10 + 7;
}

/// The element of number n: a pair for a map, the key alone for a set.
template <class C>
auto element(int n) {
    if constexpr (is_map<C>) {
        return std::pair<typename C::key_type, typename C::mapped_type>(
            make_value<typename C::key_type>(n), make_value<typename C::mapped_type>(value_for(n)));
    } else {
        return make_value<typename C::key_type>(n);
    }
}

template <class C>
typename C::key_type key(int n) {
    return make_value<typename C::key_type>(n);
}

/// The key of an element, map's or set's.
template <class C, class Element>
const typename C::key_type& key_of(const Element& e) {
    if constexpr (is_map<C>) {
        return e.first;
    } else {
        return e;
    }
}

template <class C>
void fill(C& c, int first, int last) {
    for (int n = first; n < last; ++n) {
        c.insert(element<C>(n));
    }
}

/// first, ..., last - 1.
inline std::vector<int> numbers(int first, int last) {
    std::vector<int> all;
    for (int n = first; n < last; ++n) {
        all.push_back(n);
    }
    return all;
}

/// The numbers of the keys, in order, as a walk from begin to end meets them.
template <class C>
std::vector<int> keys_in(const C& c) {
    std::vector<int> found;
    for (auto it = c.begin(); it != c.end(); ++it) {
        found.push_back(number_of(key_of<C>(*it)));
    }
    std::sort(found.begin(), found.end());
    return found;
}

/// Holds these keys and the value of each; walk, size and look-up agree; the map's own invariants.
template <class C>
void expect_holds(const C& c, std::vector<int> expected) {
    std::sort(expected.begin(), expected.end());
    ASSERT_EQ(keys_in(c), expected);
    ASSERT_EQ(c.size(), expected.size());
    ASSERT_EQ(c.empty(), expected.empty());
    for (auto it = c.begin(); it != c.end(); ++it) {
        const auto& k = key_of<C>(*it);
        const auto found = c.find(k);
        ASSERT_TRUE(found == it) << number_of(k);
        if constexpr (is_map<C>) {
            if constexpr (!std::is_same_v<typename C::mapped_type, empty>) {
                ASSERT_EQ(number_of(it->second), value_for(number_of(k)));
            }
        }
    }
    if constexpr (validates<C>) {
        c.validate();
    }
}

template <class Family>
class contract : public ::testing::Test {
  public:
    template <class K, class V = K, class H = number_hash, class E = number_equal>
    using of = typename Family::template map<K, V, H, E>;
    using ints = of<int>;
    using kept = of<plain>;

    contract() {
        census::live = 0;
        faults::disarm();
    }

    template <class C = ints>
    C make() {
        return make_in<C>(source_);
    }
    template <class C = ints>
    C make(typename C::hasher hash, typename C::key_equal equal = {}) {
        decltype(auto) s = Family::of(source_);
        if constexpr (std::is_constructible_v<C, int, decltype(hash), decltype(equal),
                                              decltype(s)>) {
            return C(0, hash, equal, s);
        } else if constexpr (std::is_constructible_v<C, decltype(s), int, decltype(hash),
                                                     decltype(equal)>) {
            return C(s, 0, hash, equal);
        } else {
            return C(0, hash, equal);
        }
    }
    /// With the elements of these numbers.
    template <class C = ints>
    C make_with(int first, int last) {
        C c = make<C>();
        fill(c, first, last);
        return c;
    }
    template <class C>
    static C make_in(typename Family::source& source) {
        decltype(auto) s = Family::of(source);
        if constexpr (std::is_constructible_v<C, decltype(s)>) {
            return C(s);
        } else {
            return C();
        }
    }

    /// The only map in its arena: its footprint is what the arena has out.
    template <class C>
    void expect_accounted(const C& c) {
        if constexpr (has_footprint<C> && requires { source_.read(); }) {
            ASSERT_EQ(c.footprint().total(), source_.read().requested);
        }
    }

  protected:
    void TearDown() override {
        EXPECT_EQ(census::live, 0) << "objects left";
        if constexpr (requires { source_.read(); }) {
            EXPECT_EQ(source_.read().requested, 0U) << "bytes left";
        }
    }

    typename Family::source source_;
};

/// Every point at which `step` can fail, in turn, each on a fresh `prepare()`d map; `after` sees
/// the map after a failure. Returns how many failures there were before it went through.
template <class Prepare, class Step, class After>
int fail_in_turn(unsigned kinds, const Prepare& prepare, const Step& step, const After& after) {
    for (int n = 0;; ++n) {
        auto c = prepare();
        bool failed = false;
        faults::arm(kinds, static_cast<std::uint64_t>(n));
        try {
            step(c);
        } catch (const std::bad_alloc&) {
            failed = true;
        }
        faults::disarm();
        if (!failed || ::testing::Test::HasFatalFailure()) {
            return n;
        }
        after(c);
    }
}

} // namespace tests
