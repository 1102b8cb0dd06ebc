// Many threads read one map through const: find, contains, walk, count. For tsan to watch; every
// answer is checked besides.
#include <gtest/gtest.h>
#include <tests/maps/contract/fixture.h>

#include <atomic>
#include <thread>

namespace tests {

template <class F>
class maps_readers : public contract<F> {};
TYPED_TEST_SUITE(maps_readers, maps_and_sets, family_name);

template <class C>
std::size_t read_all(const C& c, int size) {
    std::size_t wrong = 0;
    for (int n = -size / 4; n < size + size / 4; ++n) {
        const auto k = key<C>(n < 0 ? size * 2 - n : n);
        const bool in = n >= 0 && n < size;
        const auto at = c.find(k);
        wrong += c.contains(k) != in || (at != c.end()) != in || c.count(k) != (in ? 1U : 0U);
        wrong += in && number_of(key_of<C>(*at)) != n;
    }
    wrong += keys_in(c) != numbers(0, size);
    wrong += c.size() != static_cast<std::size_t>(size);
    if constexpr (has_footprint<C>) {
        wrong += c.footprint().total() == 0;
    }
    if constexpr (visits<const C>) {
        std::size_t met = 0;
        c.for_each([&](const auto&...) { ++met; });
        wrong += met != c.size();
    }
    return wrong;
}

TYPED_TEST(maps_readers, agree_and_never_write) {
    const int size = 3000;
    // As it stands after growing and shrinking: nothing may be left to do for a reader.
    auto numbers_of = this->make_with(0, 2 * size);
    auto strings = this->template make<typename TestFixture::template of<std::string, int>>();
    fill(strings, 0, 2 * size);
    for (int n = size; n < 2 * size; ++n) {
        numbers_of.erase(n);
        strings.erase(make_value<std::string>(n));
    }
    std::atomic<std::size_t> wrong = 0;
    std::vector<std::thread> readers;
    for (int i = 0; i < 4; ++i) {
        readers.emplace_back([&] {
            for (int round = 0; round < 3; ++round) {
                wrong += read_all(numbers_of, size) + read_all(strings, size);
            }
        });
    }
    for (std::thread& t : readers) {
        t.join();
    }
    EXPECT_EQ(wrong, 0U);
}

} // namespace tests
