// The malloc suite's statistics and reports, on figures that are known.
#include <ebb/bench/malloc/binding.h>
#include <ebb/bench/malloc/micro_report.h>
#include <ebb/bench/malloc/plan.h>
#include <ebb/bench/malloc/runner.h>
#include <ebb/bench/process/figure.h>
#include <ebb/bench/report/median.h>
#include <ebb/bench/report/suite.h>
#include <ebb/bench/turn.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <tests/bench/malloc/keys.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

using namespace ebb::bench;
using namespace ebb::bench::suite;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using tests::keys_of;

namespace {

constexpr double mib = 1 << 20;

// Two mallocs in four rows; ebb has a row of its own, jemalloc isn't there.
suite_result known_result() {
    suite_result r;
    r.mallocs = {{"glibc", "/lib/libc.so.6", "2.36", ""},
                 {"jemalloc", "", "", "not installed: apt install libjemalloc2"},
                 {"ebb", "/lib/libebbmalloc.so", "0.1.0", ""}};
    r.rows = {{"pair-8", "pairs", "malloc+free 8 B, ns", measure::nanoseconds, mean_of::micro},
              {"pair-64", "pairs", "malloc+free 64 B, ns", measure::nanoseconds, mean_of::micro},
              {"sort-peak", "programs", "sort: peak", measure::megabytes, mean_of::peak},
              {"perl-peak", "programs", "perl: peak", measure::megabytes, mean_of::peak},
              {"snapshot-1", "snapshot", "snapshot, ns", measure::nanoseconds, mean_of::none}};
    r.values["pair-8"]["glibc"].runs = {8, 10, 9, 30, 9.5};
    r.values["pair-8"]["ebb"].runs = {4.75};
    r.values["pair-64"]["glibc"].runs = {10};
    r.values["pair-64"]["ebb"].runs = {20};
    r.values["sort-peak"]["glibc"].runs = {20 * mib};
    r.values["sort-peak"]["ebb"].runs = {30 * mib};
    r.values["perl-peak"]["glibc"].runs = {9 * mib};
    r.values["perl-peak"]["ebb"].runs = {90 * mib};
    r.values["snapshot-1"]["ebb"].runs = {20};
    r.rounds = 5;
    return r;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        lines.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return lines;
}

std::string line_with(const std::string& text, const std::string& start) {
    for (const std::string& line : lines_of(text)) {
        if (line.starts_with(start)) {
            return line;
        }
    }
    return "no line " + start;
}

} // namespace

TEST(median, is_the_middle_or_between_the_two_in_the_middle) {
    EXPECT_EQ(middle_of({3, 1, 2}), 2);
    EXPECT_EQ(middle_of({4, 1, 3, 2}), 2.5);
    EXPECT_EQ(middle_of({}), std::nullopt);
}

TEST(median, deviation_is_not_moved_by_one_wild_run) {
    EXPECT_EQ(deviation_of({1, 2, 3, 4, 5}), 1);
    EXPECT_EQ(deviation_of({1, 2, 3, 4, 5000}), 1);
    EXPECT_EQ(deviation_of({7}), 0);
    EXPECT_EQ(deviation_of({}), std::nullopt);
}

TEST(median, geometric_mean_of_a_ratio_and_its_inverse_is_one) {
    EXPECT_DOUBLE_EQ(*geometric_mean({4, 0.25}), 1);
    EXPECT_DOUBLE_EQ(*geometric_mean({2, 8}), 4);
    EXPECT_EQ(geometric_mean({}), std::nullopt);
    EXPECT_EQ(geometric_mean({2, 0}), std::nullopt);
}

TEST(suite_figures, line_has_a_key_and_a_finite_number) {
    const auto f = read_figure("idle\t1.5e6");
    ASSERT_TRUE(f);
    EXPECT_EQ(f->key, "idle");
    EXPECT_EQ(f->value, 1.5e6);
    for (const char* const bad : {"idle 1", "\t1", "idle\t", "idle\t1x", "idle\tnan", ""}) {
        EXPECT_FALSE(read_figure(bad)) << bad;
    }
}

TEST(suite_figures, micro_time_is_the_cpus_an_operation) {
    const auto report = [](const std::string& name, const std::string& more) {
        return R"({"benchmarks": [{"name": ")" + name +
               R"(", "real_time": 3000, "cpu_time": 2000, "time_unit": "ns")" + more + "}]}";
    };
    const auto batch = read_micro(report("batch/64", R"(, "operations": 1000)"));
    ASSERT_TRUE(batch);
    EXPECT_EQ(batch->nanoseconds, 2);
    EXPECT_EQ(batch->wall_nanoseconds, 3);
    // Its own clock is what counts, not the CPU time of the thread that waits.
    EXPECT_EQ(read_micro(report("threads/4/manual_time", ""))->nanoseconds, 3000);
    EXPECT_FALSE(read_micro(report("snapshot/1", R"(, "error_occurred": true)")));
    EXPECT_EQ(read_micro(report("pair/8", R"(, "page_faults": 17)"))->page_faults, 17);
    EXPECT_FALSE(read_micro(R"({"benchmarks": []})"));
    EXPECT_FALSE(read_micro("Failed to match any benchmarks"));
}

TEST(suite_bindings, line_of_the_linker_tells_whose_malloc) {
    const auto b = malloc_binding("     12:\tbinding file /usr/bin/git [0] to /lib/my malloc.so "
                                  "[0]: normal symbol `malloc' [GLIBC_2.2.5]");
    ASSERT_TRUE(b);
    EXPECT_EQ(b->from, "/usr/bin/git");
    EXPECT_EQ(b->to, "/lib/my malloc.so");
    EXPECT_FALSE(malloc_binding("12:\tbinding file /a [0] to /b [0]: normal symbol "
                                "`malloc_usable_size'"));
    EXPECT_FALSE(malloc_binding("12:\tbinding file /a [0] to /b [0]: normal symbol `free'"));
    EXPECT_FALSE(malloc_binding(""));
}

class suite_bindings_files : public testing::Test {
  protected:
    suite_bindings_files() : prefix_(files_.path("out")), library_(files_.path("libwanted.so")) {
        std::ofstream(library_) << "x";
        std::ofstream(other_ = files_.path("libother.so")) << "x";
    }
    void process(int id, const std::vector<std::pair<std::string, std::string>>& bindings) {
        std::ofstream file(prefix_ + "." + std::to_string(id));
        for (const auto& [from, to] : bindings) {
            file << id << ":\tbinding file " << from << " [0] to " << to
                 << " [0]: normal symbol `malloc' [GLIBC_2.2.5]\n";
        }
    }
    scratch files_;
    std::string prefix_;
    std::string library_;
    std::string other_;
};

TEST_F(suite_bindings_files, are_good_when_every_process_got_the_library) {
    process(1, {{"/bin/a", library_}});
    process(2, {});
    EXPECT_EQ(check_bindings(prefix_, library_), "");
}

TEST_F(suite_bindings_files, tell_of_a_child_with_another_malloc) {
    process(1, {{"/bin/a", library_}});
    process(2, {{"/bin/b", other_}});
    EXPECT_THAT(check_bindings(prefix_, library_), HasSubstr("malloc comes from " + other_));
}

TEST_F(suite_bindings_files, allow_a_stop_at_a_program_that_jumps_on) {
    process(1, {{"/bin/a", "/bin/python"}, {"/bin/python", library_}});
    EXPECT_EQ(check_bindings(prefix_, library_), "");
    process(2, {{"/bin/a", "/bin/static"}});
    EXPECT_THAT(check_bindings(prefix_, library_), HasSubstr("malloc comes from /bin/static"));
}

TEST_F(suite_bindings_files, are_wanted) {
    EXPECT_THAT(check_bindings(prefix_, library_), Not(IsEmpty()));
}

TEST(suite_rounds, give_every_malloc_every_turn_alike) {
    constexpr std::size_t count = 5;
    std::map<std::pair<std::size_t, std::size_t>, int> seen; // malloc, place
    for (std::size_t round = 0; round < 2 * count; ++round) {
        std::set<std::size_t> of_round;
        for (std::size_t n = 0; n < count; ++n) {
            const std::size_t malloc = turn(round, 3, n, count);
            of_round.insert(malloc);
            ++seen[{malloc, n}];
        }
        EXPECT_EQ(of_round.size(), count);
    }
    EXPECT_EQ(seen.size(), count * count);
    for (const auto& [at, times] : seen) {
        EXPECT_EQ(times, 2) << at.first << " at place " << at.second;
    }
}

TEST(suite_plan, holds_what_is_chosen_and_notes_what_does_not_fit) {
    scratch inputs;
    suite_choice c;
    c.only = {"start", "pair-64", "peak-mixed-idle"};
    EXPECT_THAT(keys_of(make_suite_plan(c, std::nullopt, inputs)),
                ElementsAre("pair-64", "start", "peak-mixed-idle"));
    const suite_plan small = make_suite_plan(c, std::uint64_t{500} << 20, inputs);
    EXPECT_THAT(keys_of(small), ElementsAre("pair-64", "start"));
    EXPECT_THAT(small.notes, ElementsAre("after-peak mixed: not run, 500 MiB available"));
    c.only = {"live"};
    c.quick = true;
    EXPECT_THAT(keys_of(make_suite_plan(c, std::nullopt, inputs)),
                ElementsAre("live-1", "live-64"));
}

TEST(suite_plan, every_row_has_a_key_and_a_task_of_its_own) {
    scratch inputs;
    const suite_plan all = make_suite_plan({{}, true}, std::nullopt, inputs);
    std::multiset<std::string> filled;
    for (const task& t : all.tasks) {
        for (const auto& [figure, key] : t.figures) {
            filled.insert(key);
        }
    }
    const auto names = names_in_suite();
    for (const row& r : all.rows) {
        EXPECT_EQ(filled.count(r.key), 1u) << r.key;
        EXPECT_EQ(std::count(names.begin(), names.end(), r.key), 1) << r.key;
    }
    EXPECT_EQ(filled.size(), all.rows.size());
}

TEST(suite_report, counts_stand_below_a_micro_rows_times) {
    suite_result r = known_result();
    r.rows[0].operations = 10'000'000;
    cell_values& ebb = r.values["pair-8"]["ebb"];
    ebb.page_faults = {3, 3};
    ebb.instructions = 101.37;
    EXPECT_THAT(line_with(suite_table(r), "  counted, 10,000,000 times"),
                HasSubstr("- / - / -   101 / 3 / -"));
    const auto report = nlohmann::json::parse(suite_json(r));
    const auto& cell = report["rows"][0]["cells"]["ebb"];
    EXPECT_EQ(report["rows"][0]["iterations"], 10'000'000);
    EXPECT_EQ(cell["instructions"], 101.37);
    EXPECT_TRUE(cell["system_calls"].is_null());
    EXPECT_EQ(cell["page_faults"].size(), 2u);
    // Nothing was counted: no line.
    ebb.instructions.reset();
    EXPECT_THAT(suite_table(r), Not(HasSubstr("times  ")));
}

TEST(suite_report, two_mallocs_are_compared_figure_by_figure) {
    suite_result r = known_result();
    r.values["pair-8"]["glibc"].instructions = 140;
    r.values["pair-8"]["ebb"].instructions = 105;
    r.notes = {"system calls: not installed: apt install strace"};
    const std::string text = suite_between(r, "glibc", "ebb");
    EXPECT_THAT(text, HasSubstr("glibc: 2.36\nebb: 0.1.0\n5 interleaved rounds"));
    // Its first round alone has a partner: 4.75 over 8.
    EXPECT_THAT(line_with(text, "pair-8"),
                HasSubstr("ns              9.50   4.75   0.594       -"));
    EXPECT_THAT(text, HasSubstr("            instructions     140    105   0.750       -"));
    EXPECT_THAT(line_with(text, "perl-peak"), HasSubstr("MB                 9     90  10.000"));
    EXPECT_THAT(line_with(text, "snapshot-1"), HasSubstr("  -     20       -       -"));
    EXPECT_THAT(text, HasSubstr("\nsystem calls: not installed: apt install strace\n"));
}

TEST(suite_report, figures_have_three_digits_that_count) {
    EXPECT_EQ(figure(8.163, measure::nanoseconds), "8.16");
    EXPECT_EQ(figure(16.83, measure::nanoseconds), "16.8");
    EXPECT_EQ(figure(4279.4, measure::nanoseconds), "4279");
    EXPECT_EQ(figure(2.5 * mib, measure::megabytes), "2.50");
    EXPECT_EQ(figure(0.0517, measure::milliseconds), "51.7");
    EXPECT_EQ(figure(0, measure::bytes), "0");
    EXPECT_EQ(figure(-1, measure::megabytes), "0.00");
}

TEST(suite_report, row_has_median_and_deviation_and_a_mark_at_the_least) {
    const std::string text = suite_table(known_result());
    EXPECT_THAT(line_with(text, "malloc+free 8 B"), HasSubstr("9.50 ±0.50   4.75 ±0.00*"));
    EXPECT_THAT(line_with(text, "malloc+free 64 B"), HasSubstr("10.0 ±0.0*   20.0 ±0.0"));
}

TEST(suite_report, absent_figure_is_a_dash_and_alone_none_is_best) {
    const std::string text = suite_table(known_result());
    EXPECT_THAT(line_with(text, "snapshot"), HasSubstr(" -    20.0 ±0.0"));
    EXPECT_THAT(line_with(text, "snapshot"), Not(HasSubstr("*")));
}

TEST(suite_report, names_versions_and_what_is_missing_or_failed) {
    suite_result r = known_result();
    r.notes = {"live-4096: not run, 500 MiB available"};
    r.failures = {"git with ebb: ended by signal 11"};
    const std::string text = suite_table(r);
    EXPECT_THAT(text, HasSubstr("glibc 2.36, ebb 0.1.0\n5 interleaved rounds"));
    EXPECT_THAT(text, HasSubstr("\njemalloc: not installed: apt install libjemalloc2\n"));
    EXPECT_THAT(text, HasSubstr("\nlive-4096: not run, 500 MiB available\n"));
    EXPECT_THAT(text, HasSubstr("\nfailed: git with ebb: ended by signal 11\n"));
}

TEST(suite_report, name_without_a_version_stands_alone) {
    suite_result r = known_result(); // arenas have none
    for (subject& m : r.mallocs) {
        m.version.clear();
    }
    EXPECT_THAT(suite_table(r), HasSubstr("glibc, ebb\n5 interleaved rounds"));
}

TEST(suite_report, columns_line_up) {
    // A two-byte sign is one column wide.
    const auto columns = [](const std::string& line) {
        return std::count_if(line.begin(), line.end(),
                             [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
    };
    const std::string text = suite_table(known_result());
    EXPECT_EQ(columns(line_with(text, "malloc+free 8 B")),
              columns(line_with(text, "malloc+free 64 B")) + 1); // its mark
}

TEST(suite_report, means_are_over_glibc_and_small_peaks_stay_out) {
    const suite_result r = known_result();
    const auto micro = relative_to_glibc(r, mean_of::micro, "ebb");
    ASSERT_TRUE(micro);
    EXPECT_DOUBLE_EQ(micro->ratio, 1); // 4.75 ÷ 9.5 and 20 ÷ 10
    EXPECT_EQ(micro->rows, 2u);
    const auto peak = relative_to_glibc(r, mean_of::peak, "ebb");
    ASSERT_TRUE(peak);
    EXPECT_DOUBLE_EQ(peak->ratio, 1.5); // glibc's 9 MB don't count
    EXPECT_EQ(peak->rows, 1u);
    EXPECT_FALSE(relative_to_glibc(r, mean_of::wall, "ebb"));
    EXPECT_THAT(suite_table(r), HasSubstr("micro suites, time"));
    EXPECT_THAT(suite_table(r), HasSubstr("1.500 (1)"));
}

TEST(suite_report, rows_behind_the_best_of_the_others_are_named) {
    const suite_result r = known_result();
    EXPECT_THAT(behind(r, "ebb", 1.9), ElementsAre(Pair("pair-64", 2), Pair("perl-peak", 10)));
    EXPECT_THAT(behind(r, "glibc", 1.9), ElementsAre(Pair("pair-8", 2)));
    EXPECT_THAT(suite_table(r), HasSubstr("ebb takes 2.00 x the best of the others in pair-64\n"));
}

TEST(suite_report, json_holds_every_run_and_null_for_what_is_absent) {
    suite_result r = known_result();
    r.values["pair-8"]["ebb"].series = {1, 2};
    const auto report = nlohmann::json::parse(suite_json(r));
    EXPECT_EQ(report["rounds"], 5);
    EXPECT_EQ(report["mallocs"][1]["missing"], "not installed: apt install libjemalloc2");
    EXPECT_EQ(report["mallocs"][2]["version"], "0.1.0");
    const auto& pair = report["rows"][0];
    EXPECT_EQ(pair["row"], "pair-8");
    EXPECT_EQ(pair["unit"], "ns");
    EXPECT_EQ(pair["cells"]["glibc"]["median"], 9.5);
    EXPECT_EQ(pair["cells"]["glibc"]["deviation"], 0.5);
    EXPECT_EQ(pair["cells"]["glibc"]["runs"].size(), 5u);
    EXPECT_EQ(pair["cells"]["ebb"]["series"].size(), 2u);
    EXPECT_TRUE(pair["cells"]["jemalloc"].is_null());
    EXPECT_EQ(report["rows"][2]["unit"], "bytes");
    EXPECT_EQ(report["relative_to_glibc"]["programs_peak"]["ebb"]["ratio"], 1.5);
}
