// trace: steps on two maps of one arena beside two naive models, told apart byte by byte, so that
// seeds and fuzzers drive the same code. After each step: size, invariants, the account; the whole
// content while it is small and now and then. A difference is thrown, not asserted: GoogleTest,
// libFuzzer and the test of the traces themselves (liars.cpp) each say it in their way.
//
// Four bytes a step: the operation and which map, the key's low and high byte, a number.
#pragma once

#include <tests/maps/contract/fixture.h>

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <unordered_map>

namespace tests {

/// What the map does wrong, at which step.
struct difference : std::logic_error {
    using std::logic_error::logic_error;
};

enum class operation : std::uint8_t {
    insert,
    emplace,
    try_emplace,
    insert_or_assign,
    subscript,
    erase,
    find,
    insert_many,
    erase_many,
    erase_if,
    erase_while_walking,
    insert_range,
    extract,
    merge,
    swap,
    copy,
    move,
    move_construct,
    compare,
    clear,
    reserve,
    shrink_to_fit,
    arm,   // the next step fails at its nth point
    range, // from here on keys come from another range
    last = range
};

template <class Family, class Key, class Value>
class trace {
  public:
    using map = typename Family::template map<Key, Value, number_hash, number_equal>;
    using model = std::unordered_map<int, int>;

    explicit trace(spread as) : as_(as) {
        for (auto& m : maps_) {
            make(m);
        }
    }

    /// Whole steps; throws `difference`. `most` bounds each map's size.
    void run(std::span<const std::uint8_t> bytes, std::size_t most = 5000) {
        most_ = most;
        for (; bytes.size() >= 4; bytes = bytes.subspan(4), ++steps_) {
            step(bytes[0], static_cast<unsigned>(bytes[1] + 256 * bytes[2]), bytes[3]);
        }
        compare_all();
    }

    [[nodiscard]] std::uint64_t steps() const { return steps_; }
    [[nodiscard]] std::uint64_t failures() const { return failures_; }
    [[nodiscard]] std::size_t largest() const { return largest_; }

  private:
    // What a step that failed may leave behind.
    enum class promise { all_or_nothing, no_loss, whole };

    [[noreturn]] void differs(const std::string& what) const {
        throw difference("step " + std::to_string(steps_) + ", operation " +
                         std::to_string(static_cast<int>(now_)) + ": " + what);
    }
    [[gnu::noinline]] void demand(bool right, const char* what) const {
        if (!right) {
            differs(what);
        }
    }

    void make(std::optional<map>& m) {
        m.reset();
        decltype(auto) s = Family::of(source_);
        const number_hash hash{1, as_};
        if constexpr (std::is_constructible_v<map, int, number_hash, number_equal, decltype(s)>) {
            m.emplace(0, hash, number_equal(), s);
        } else if constexpr (std::is_constructible_v<map, decltype(s), int, number_hash>) {
            m.emplace(s, 0, hash);
        } else {
            m.emplace(0, hash, number_equal());
        }
    }

    // Into the same memory, so that it can be swapped with.
    static map copied(const map& m) {
        if constexpr (Family::copies_elsewhere) {
            return map(m, m.get_allocator());
        } else {
            return map(m);
        }
    }

    void step(unsigned op, unsigned k, unsigned v);
    void apply(unsigned k, int v);
    void apply_between(unsigned which);
    void many(unsigned k, int v);
    void walk(int v);
    void after_a_fault(const model& before_one, const model& before_other);
    void check();
    void compare_all() const;
    void compare(const map& m, const model& expected) const;

    [[nodiscard]] int number(unsigned k) const { return static_cast<int>(k % keys_); }
    [[nodiscard]] static int worth(int v) { return is_map<map> ? v : 0; }
    static auto pair_of(int k, int v) {
        if constexpr (is_map<map>) {
            return std::pair<Key, Value>(make_value<Key>(k), make_value<Value>(v));
        } else {
            return make_value<Key>(k);
        }
    }
    template <class E>
    static int value_in(const E& e) {
        if constexpr (is_map<map>) {
            return number_of(e.second);
        } else {
            return 0;
        }
    }

    typename Family::source source_;
    std::optional<map> maps_[2];
    model models_[2];
    map* m_ = nullptr; // of this step, with its model, and the others
    map* other_ = nullptr;
    model* model_ = nullptr;
    model* other_model_ = nullptr;
    spread as_;
    operation now_{};
    promise promise_ = promise::all_or_nothing;
    unsigned keys_ = 1024;
    std::size_t most_ = 0;
    std::size_t largest_ = 0;
    std::uint64_t steps_ = 0;
    std::uint64_t failures_ = 0;
    unsigned armed_ = 0;
    std::uint64_t armed_after_ = 0;
};

} // namespace tests

#include <tests/maps/traces/steps.h>
