// What a map may have and may lack. A test that needs one of these is skipped, when compiled, for a
// map that lacks it; README.md holds the table, and capabilities.cpp compares it.
#pragma once

#include <functional>
#include <type_traits>
#include <utility>

namespace tests {

template <class C>
concept is_map = requires {
    typename C::mapped_type;
};
template <class C>
concept copies = std::is_copy_constructible_v<C> && std::is_copy_assignable_v<C> &&
    std::is_copy_constructible_v<typename C::value_type>; // std's maps promise it of any
template <class C>
concept inserts_range = requires(C& c, const typename C::value_type* e) {
    c.insert(e, e);
};
template <class C>
concept inserts_hinted = requires(C& c, const typename C::value_type& e) {
    c.insert(c.cbegin(), e);
    c.emplace_hint(c.cbegin(), e);
};
template <class C>
concept equal_ranges = requires(C& c, const typename C::key_type& k) {
    c.equal_range(k);
};
template <class C>
concept erases_iterators = requires(C& c) {
    c.erase(c.begin());
    c.erase(c.cbegin(), c.cend());
};
template <class C>
concept erases_if = requires(C& c) {
    erase_if(c, [](const auto&) { return true; });
};
template <class C>
concept extracts = requires(C& c, const typename C::key_type& k) {
    c.insert(c.extract(k));
    typename C::node_type;
};
template <class C>
concept merges = requires(C& c) {
    c.merge(c);
};
template <class C>
concept compares = requires(const C& c) {
    { c == c } -> std::convertible_to<bool>;
};
template <class C>
concept reserves = requires(C& c) {
    c.reserve(1);
};
/// std's: a bucket of a key, its size, a walk through it.
template <class C>
concept has_buckets = requires(const C& c, const typename C::key_type& k) {
    c.bucket(k);
    c.bucket_size(0);
    c.begin(0);
};
template <class C>
concept shrinks = requires(C& c) {
    c.shrink_to_fit();
};
template <class C>
concept visits = requires(C& c) {
    c.for_each([](auto&&...) {});
};
template <class C>
concept has_footprint = requires(const C& c) {
    c.footprint().total();
};
template <class C>
concept validates = requires(const C& c) {
    c.validate();
};
/// The references that an iterator gives are to an object of the map's own.
template <class C>
concept holds_pairs = std::is_reference_v<typename C::iterator::reference>;

} // namespace tests

/// The test's body follows; a map that lacks the condition skips it.
#define EBB_WHERE(...)                                                                             \
    if constexpr (!(__VA_ARGS__)) {                                                                \
        GTEST_SKIP() << "lacks " #__VA_ARGS__;                                                     \
    } else
