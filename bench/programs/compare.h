// One program under several mallocs in turn, and which of them differ.
//
// The runs are interleaved, and the order moves on by one each round: what a machine does
// meanwhile, and what a run leaves behind for the next, falls on all alike.
#pragma once

#include <ebb/bench/programs/under.h>

#include <array>
#include <functional>
#include <string_view>
#include <vector>

namespace ebb::bench {

/// What is measured of a run.
struct measure {
    std::string_view name;                                    ///< for people
    std::string_view key;                                     ///< of the JSON, with its unit
    std::optional<double> (*of)(const run_record&) = nullptr; ///< absent where it isn't known
    bool bytes = false;                                       ///< else seconds
};

extern const std::array<measure, 4> measures;

/// The level below which a difference is called significant, after Holm's correction for the number
/// of mallocs compared.
inline constexpr double significance = 0.05;

/// One malloc's runs.
struct contender {
    chosen_malloc malloc;
    std::vector<run_record> runs;
    std::string missing; ///< what stands in place of figures: not installed, or how it failed
    bool wrong = false;  ///< it failed because another malloc answered

    [[nodiscard]] bool measured() const noexcept { return missing.empty() && !runs.empty(); }
    /// A value a run; empty when one of them is absent.
    [[nodiscard]] std::vector<double> values(const measure& m) const;
};

struct comparison {
    std::vector<contender> all;
    int interrupted = 0; ///< a signal that ebb got meanwhile: it ended there

    /// The one that the others are compared with: the first that was measured. Null: none was.
    [[nodiscard]] const contender* reference() const noexcept;
};

/// What a contender's difference from the reference comes to.
struct difference {
    double ratio = 1;  ///< of the medians
    double p = 1;      ///< of the rank test
    double p_holm = 1; ///< corrected
    [[nodiscard]] bool significant() const noexcept { return p_holm < significance; }
};

/// Called before each run: which of how many, and the malloc's name.
using compare_progress = std::function<void(std::size_t at, std::size_t of, const std::string&)>;

/// Runs `what` `runs` times under each of `mallocs`. One whose program fails, or where another
/// malloc answers, isn't run again. Stops early when ebb gets a signal. Throws as run_under does.
[[nodiscard]] comparison compare(const std::vector<chosen_malloc>& mallocs, const task& what,
                                 std::size_t runs, const compare_progress& before);

/// For each contender, how it differs from the reference; absent for the reference itself, and
/// where either has no figures.
[[nodiscard]] std::vector<std::optional<difference>> differences(const comparison& c,
                                                                 const measure& m);

} // namespace ebb::bench
