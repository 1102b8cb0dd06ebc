// Do the traces see a map that lies? std::unordered_map with one defect each, told at run time: a
// trace that doesn't notice it would prove nothing.
#include <gtest/gtest.h>
#include <tests/maps/traces/phases.h>

#include <ostream>

namespace tests {

enum class lie {
    none,
    loses_on_growth,      // an element, when the size passes a power of two
    forgets_on_erase,     // says 1, keeps the element
    keeps_the_old_value,  // insert_or_assign doesn't assign
    inserts_twice,        // says that it inserted what was there
    finds_nothing_at_end, // one key is in the walk and isn't found
    skips_on_erase,       // erase(iterator) returns one too far
    copies_in_part,
    merges_in_part,
    swaps_nothing,
    leaks_on_fault, // an insert that fails has inserted
    size_after_clear
};

template <class K, class V, class H, class E>
class liar : public std::unordered_map<K, V, H, E,
                                       ebb::arena_allocator<std::pair<const K, V>, subject_arena>> {
    using base =
        std::unordered_map<K, V, H, E, ebb::arena_allocator<std::pair<const K, V>, subject_arena>>;

  public:
    using base::base;
    using base::erase;
    using base::insert;
    using typename base::const_iterator;
    using typename base::iterator;
    liar(const liar&) = default;
    liar(liar&&) = default;
    ~liar() = default;
    liar& operator=(liar&&) = default;
    liar& operator=(const liar& other) {
        base::operator=(other);
        if (now == lie::copies_in_part && base::size() > 20) {
            base::erase(base::begin());
        }
        return *this;
    }

    template <class Pair>
    std::pair<iterator, bool> insert(Pair&& e) {
        const bool armed = faults::armed != 0;
        auto done = base::insert(std::forward<Pair>(e));
        if (now == lie::inserts_twice) {
            done.second = true;
        }
        if (now == lie::loses_on_growth && done.second && base::size() == 64) {
            const auto kept = done.first;
            auto lost = base::begin();
            lost = lost == kept ? std::next(lost) : lost;
            base::erase(lost);
        }
        if (now == lie::leaks_on_fault && armed && done.second) {
            throw fault();
        }
        return done;
    }
    std::size_t erase(const K& k) {
        return now == lie::forgets_on_erase ? base::count(k) : base::erase(k);
    }
    iterator erase(iterator at) {
        iterator next = base::erase(at);
        if (now == lie::skips_on_erase && next != base::end()) {
            ++next;
        }
        return next;
    }
    template <class M>
    std::pair<iterator, bool> insert_or_assign(K&& k, M&& v) {
        return now == lie::keeps_the_old_value
                   ? base::try_emplace(std::move(k), std::forward<M>(v))
                   : base::insert_or_assign(std::move(k), std::forward<M>(v));
    }
    bool contains(const K& k) const {
        return base::contains(k) && !(now == lie::finds_nothing_at_end && number_of(k) == 7);
    }
    void merge(liar& other) {
        if (now == lie::merges_in_part && !other.empty()) {
            other.base::erase(other.begin());
        }
        base::merge(other);
    }
    void swap(liar& other) {
        if (now != lie::swaps_nothing) {
            base::swap(other);
        }
    }
    [[nodiscard]] std::size_t size() const {
        return base::size() + (now == lie::size_after_clear && base::empty() && cleared ? 1U : 0U);
    }
    void clear() noexcept {
        base::clear();
        cleared = true;
    }

    static inline lie now = lie::none;
    bool cleared = false;
};

struct lying_map : family {
    static constexpr bool merges_whole = false;
    template <class K, class V, class H, class E>
    using map = liar<K, V, H, E>;
};
class maps_liars : public ::testing::TestWithParam<int> {};

TEST_P(maps_liars, are_seen) {
    liar<throwing, throwing, number_hash, number_equal>::now = static_cast<lie>(GetParam());
    std::string seen;
    try {
        random_engine random(1);
        trace<lying_map, throwing, throwing> t(spread::well);
        for (int i = 0; i < 20; ++i) {
            t.run(draw_phases(random, 200, true));
        }
    } catch (const difference& d) {
        seen = d.what();
    }
    if (GetParam() == static_cast<int>(lie::none)) {
        EXPECT_EQ(seen, "");
    } else {
        EXPECT_NE(seen, "") << "nobody noticed in 4,000 steps";
    }
}

INSTANTIATE_TEST_SUITE_P(each, maps_liars,
                         ::testing::Range(0, static_cast<int>(lie::size_after_clear) + 1));

} // namespace tests
