// Random traces (trace.h) on every map, for kinds of keys and values, and under every spread.
#include <gtest/gtest.h>
#include <tests/maps/traces/phases.h>

#include <algorithm>

namespace tests {

template <class F>
class maps_traces : public ::testing::Test {
  protected:
    // A step costs as much as its map is large, and at -O0 under a sanitizer a hundred times as
    // much.
    static constexpr bool small = sanitized && (thread_sanitized || !EBB_LONG_TESTS);
    static constexpr std::size_t steps(bool slow) {
        return small ? 150 : sanitized || slow ? 500 : 1500;
    }
    template <class K, class V>
    static constexpr std::size_t entries(std::size_t most) {
        return small ? std::min<std::size_t>(most, sizeof(K) + sizeof(V) > 100 ? 400 : 800) : most;
    }

    template <class K, class V>
    static void expect_agreement(bool failing, std::size_t wanted = 4000) {
        const std::size_t most = entries<K, V>(wanted);
        const std::uint64_t seed = new_seed();
        SCOPED_TRACE("EBB_SEED=" + std::to_string(seed));
        random_engine random(seed);
        census::live = 0;
        std::size_t largest = 0;
        std::uint64_t failures = 0;
        for (const spread as : {spread::well, spread::identity, spread::low_bits, spread::high_bits,
                                spread::few, spread::constant}) {
            const bool slow = as == spread::few || as == spread::constant;
            if (thread_sanitized && as != spread::well && as != spread::constant) {
                continue;
            }
            trace<F, K, V> t(as);
            try {
                t.run(draw_phases(random, steps(slow), failing), !slow ? most : small ? 100 : 300);
            } catch (const difference& d) {
                FAIL() << d.what() << ", spread " << static_cast<int>(as);
            }
            largest = std::max(largest, t.largest());
            failures += t.failures();
        }
        EXPECT_GT(largest, std::min<std::size_t>(1000, most / 2));
        EXPECT_EQ(failures > 0, failing);
        EXPECT_EQ(census::live, 0);
    }
};
TYPED_TEST_SUITE(maps_traces, traced, family_name);

TYPED_TEST(maps_traces, of_numbers_agree_with_a_model) {
    this->template expect_agreement<int, int>(false);
}
TYPED_TEST(maps_traces, of_what_throws_and_an_arena_that_fails_agree_with_a_model) {
    this->template expect_agreement<throwing, throwing>(true);
}
// Where a hash_map splits for every 256 pairs of them: splits and merges fail as well.
TYPED_TEST(maps_traces, of_heavy_ones_that_throw_agree_with_a_model) {
    using heavy = tracked<faults::copy | faults::construct, true, 8, 1024>;
    this->template expect_agreement<heavy, heavy>(true, 1200);
}
TYPED_TEST(maps_traces, of_strings_and_large_values_agree_with_a_model) {
    this->template expect_agreement<std::string, tracked<0, true, 8, 304>>(false);
}
TYPED_TEST(maps_traces, of_what_moves_alone_and_is_aligned_agree_with_a_model) {
    this->template expect_agreement<move_only, aligned<64>>(false);
}

template <class F>
class maps_traces_elsewhere : public maps_traces<F> {};
TYPED_TEST_SUITE(maps_traces_elsewhere, traced_elsewhere, family_name);

TYPED_TEST(maps_traces_elsewhere, of_numbers_agree_with_a_model) {
    this->template expect_agreement<int, int>(false);
}

} // namespace tests
