#include <ebb/alloc/base/bytes.h>
#include <ebb/bench/malloc/rows.h>

#include <array>

namespace ebb::bench::suite {
namespace {

constexpr std::uint64_t thousand = 1000;
constexpr std::uint64_t million = 1'000'000;
using enum in_budget;

constexpr std::array all_micros{
    micro{"pairs", "pair/8", "malloc+free 8 B, ns", 10 * million, 100 * thousand},
    micro{"pairs", "pair/64", "malloc+free 64 B, ns", 10 * million, 100 * thousand},
    micro{"pairs", "pair/60", "malloc+free 60 B, ns", 10 * million, 100 * thousand},
    micro{"pairs", "pair/512", "malloc+free 512 B, ns", 10 * million, 100 * thousand},
    micro{"pairs", "pair/4096", "malloc+free 4 KiB, ns", 5 * million, 100 * thousand},
    micro{"pairs", "pair/65536", "malloc+free 64 KiB, ns", 5 * million, 100 * thousand},
    micro{"random", "pair_two_sizes", "malloc+free 60 or 64 B at random, ns", 5 * million,
          200 * thousand},
    micro{"random", "pair_small", "malloc+free 8..128 B at random, ns", 5 * million,
          200 * thousand},
    micro{"random", "pair_mixed", "malloc+free 16..4096 B at random, ns", 5 * million,
          200 * thousand},
    micro{"random", "pair_first_byte/64", "malloc+free 64 B, first byte 0 or not at random, ns",
          5 * million, 200 * thousand},
    micro{"random", "window_small", "4096 live, one of 8..128 B replaced at random, ns",
          2 * million, 200 * thousand},
    micro{"random", "window_mixed", "4096 live, one of 16..4096 B replaced at random, ns",
          2 * million, 200 * thousand},
    micro{"random", "cold_free/128", "10^6 x 128 B freed in random order, ns a free", million,
          200 * thousand},
    micro{"random", "cold_free/124", "10^6 x 124 B freed in random order, ns a free", million,
          200 * thousand},
    micro{"batches", "batch/64", "batch of 1000 x 64 B, ns a block", 10 * thousand, 100},
    micro{"batches", "batch_mixed", "batch of 1000 x 16..4096 B, ns a block", 5 * thousand, 100},
    micro{"churn", "churn/1000", "churn, 1000 x 16..4096 B, ns", 2 * million, 100 * thousand},
    micro{"churn", "churn/100000", "churn, 100,000 x 16..4096 B, ns", million, 100 * thousand},
    micro{"cross", "cross_thread", "cross-thread 64 B, CPU ns both sides", 50, 2, no, 0,
          "/manual_time"},
    micro{"large", "pair/1048576", "1 MiB pair, ns", 2 * million, 20 * thousand},
    micro{"large", "untouched/64", "64 MiB pair, ns", 20 * thousand, thousand},
    micro{"large", "touched/64", "64 MiB pair, every page written, ns a page", 5, 2, yes, 64 * mib},
    micro{"growth", "zeroed/256", "calloc+free 256 B, ns", 5 * million, 100 * thousand},
    micro{"growth", "zeroed/65536", "calloc+free 64 KiB, ns", 50 * thousand, 500},
    micro{"growth", "zeroed/1048576", "calloc+free 1 MiB, ns", 2 * thousand, 50},
    micro{"growth", "realloc_doubling", "realloc 16 B to 1 MiB, doubling, ns a step", 5 * thousand,
          50},
    micro{"growth", "realloc_eighth/256", "realloc by 1/8 to 256 KiB, ns a step", 5 * thousand, 50},
    micro{"growth", "realloc_eighth/1024", "realloc by 1/8 to 1 MiB, ns a step", 2 * thousand, 20},
    micro{"growth", "realloc_eighth/16384", "realloc by 1/8 to 16 MiB, ns a step", 50, 2, yes,
          32 * mib},
    micro{"growth", "realloc_eighth/262144", "realloc by 1/8 to 256 MiB, ns a step", 2, 1, yes,
          512 * mib},
    micro{"threads", "threads/1", "churn in 1 thread, ns", 3, 1, no, 0, "/manual_time"},
    micro{"threads", "threads/2", "churn in 2 threads, ns x cores", 3, 0, no, 0, "/manual_time"},
    micro{"threads", "threads/4", "churn in 4 threads, ns x cores", 3, 0, no, 0, "/manual_time"},
    micro{"threads", "threads/16", "churn in 16 threads, ns x cores", 3, 0, no, 0, "/manual_time"},
    micro{"threads", "threads/64", "churn in 64 threads, ns x cores", 3, 0, no, 0, "/manual_time"},
    micro{"threads", "threads/256", "churn in 256 threads, ns x cores", 3, 0, no, 0,
          "/manual_time"},
    micro{"live", "live/1", "churn with 1 MB live, ns", million, 100 * thousand, yes, mib},
    micro{"live", "live/64", "churn with 64 MB live, ns", million, 100 * thousand, yes, 64 * mib},
    micro{"live", "live/1024", "churn with 1 GB live, ns", 500 * thousand, 100 * thousand, no,
          1024 * mib},
    micro{"live", "live/4096", "churn with 4 GB live, ns", 500 * thousand, 100 * thousand, no,
          4096 * mib},
    micro{"snapshot", "snapshot/1", "snapshot, 1 thread, ns", 5 * million, 100 * thousand, yes, 0,
          "", runs_with::a_ledger},
    micro{"snapshot", "snapshot/64", "snapshot, 64 threads, ns", 200 * thousand, 10 * thousand, yes,
          0, "", runs_with::a_ledger},
};

using rows_of_figures = std::vector<std::pair<std::string, row>>;

// What the marks count, after a scenario's other rows.
void add_counts(rows_of_figures& rows, const std::string& stem, const std::string& group) {
    rows.push_back({"faults", {stem + "-faults", group, "  page faults", measure::count}});
    rows.push_back({"calls", {stem + "-calls", group, "  system calls", measure::count}});
}

scenario after_peak(const std::string& key, const std::string& what, std::string least,
                    std::string most, std::uint64_t live_bytes) {
    using enum measure;
    const std::string stem = "peak-" + key;
    rows_of_figures rows{
        {"full", {stem + "-full", "peak", "10^6 x " + what + ": RSS when full, MB", megabytes}},
        {"at-once",
         {stem + "-at-once", "peak", "  a random 99 % freed: RSS at once, MB", megabytes}},
        {"idle",
         {stem + "-idle", "peak", "  RSS after 1 s idle, MB", megabytes, mean_of::after_peak}},
        {"free", {stem + "-free", "peak", "  the freeing, CPU ms", milliseconds}}};
    add_counts(rows, stem, "peak");
    return {"after-peak " + key,
            {"after-peak", "1000000", std::move(least), std::move(most)},
            live_bytes,
            std::move(rows)};
}

scenario growth(const std::string& megabytes_live) {
    using enum measure;
    rows_of_figures rows{
        {"cpu",
         {"grow-cpu", "grow", "growth to " + megabytes_live + " MB, every page touched: CPU ms",
          milliseconds}},
        {"most", {"grow-most", "grow", "  RSS at the top, MB", megabytes}}};
    add_counts(rows, "grow", "grow");
    rows.push_back(
        {"instructions", {"grow-instructions", "grow", "  instructions an allocation", ratio}});
    return {"grow", {"grow", megabytes_live}, 1200 * mib, std::move(rows), false, yes};
}

// Teeth that start on a clock's beat: between them the process rests, as far as the malloc is done.
scenario beat(const std::string& teeth, const std::string& period_ms, const std::string& period) {
    using enum measure;
    const std::string stem = "teeth-" + period_ms;
    const std::string group = "teeth";
    rows_of_figures rows{
        {"cpu",
         {stem + "-cpu", group, teeth + " teeth of 100 MB, one every " + period + ": CPU ms",
          milliseconds}},
        {"mean", {stem + "-mean", group, "  RSS, mean over the time, MB", megabytes}},
        {"most", {stem + "-most", group, "  RSS, the highest, MB", megabytes}}};
    add_counts(rows, stem, group);
    rows.push_back(
        {"madvise", {stem + "-madvise", group, "  madvise calls of these", measure::count}});
    return {"teeth " + period_ms, {"teeth", teeth, period_ms}, 300 * mib, std::move(rows), true};
}

} // namespace

std::span<const micro> micros() noexcept {
    return all_micros;
}

std::vector<scenario> scenarios(bool quick) {
    using enum measure;
    const std::string teeth = quick ? "5" : "20";
    scenario large{
        "after-large",
        {"after-large"},
        100 * mib,
        {{"idle",
          {"large-idle", "peak", "64 MiB written, freed: RSS after 1 s idle, MB", megabytes}}}};
    add_counts(large.rows, "large", "peak");
    scenario saw{
        "saw-tooth",
        {"saw-tooth", teeth},
        500 * mib,
        {{"cpu",
          {"saw-cpu", "saw", "saw-tooth 200 to 10 MB, " + teeth + " teeth: CPU ms", milliseconds}},
         {"mean", {"saw-mean", "saw", "  RSS, mean of tops and bottoms, MB", megabytes}},
         {"most", {"saw-most", "saw", "  RSS, the highest, MB", megabytes}}}};
    add_counts(saw.rows, "saw", "saw");
    return {
        {"start", {"start"}, 0, {{"resident", {"start", "start", "start-up RSS, MB", megabytes}}}},
        after_peak("128", "128 B", "128", "128", 200 * mib),
        after_peak("mixed", "16..4096 B", "16", "4096", 1200 * mib),
        std::move(large),
        std::move(saw),
        growth(quick ? "200" : "1000"),
        beat("1000", "10", "10 ms"),
        beat("20", "1000", "1 s"),
        beat("3", "10000", "10 s"),
        {"exact",
         {"exact"},
         1000 * mib,
         {{"error", {"exact-error", "exact", "live requested, 4 threads: error, bytes", bytes}}}},
    };
}

} // namespace ebb::bench::suite
