// bench_malloc itself: a short run has its rows, its JSON parses, bad words are refused.
#include <ebb/bench/mallocs/malloc.h>
#include <ebb/bench/process/child.h>
#include <ebb/bench/process/counted.h>
#include <ebb/bench/process/scratch.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <tests/support/printed.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

using namespace ebb::bench;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

namespace {

printed suite_run(std::vector<std::string> arguments) {
    return program_run(EBB_BENCH_MALLOC, std::move(arguments));
}

// A malloc to stand beside glibc: the first that is installed.
std::string another() {
    for (const known_malloc& m : known_mallocs) {
        if (m.name != "glibc" && find_library(m)) {
            return std::string(m.name);
        }
    }
    return "";
}

std::string library_of(const std::string& name) {
    return find_library(*find_malloc(name)).value_or("");
}

} // namespace

TEST(malloc_run, rows_appear_for_glibc_and_another_and_the_json_parses) {
    const std::string other = another();
    if (other.empty()) {
        GTEST_SKIP() << "no malloc but glibc's is installed";
    }
    scratch files;
    const std::string file = files.path("figures.json");
    const printed p = suite_run({"--quick", "--no-counts", "--rounds=2", "--malloc=glibc," + other,
                                 "--only=pair-64,threads-4,cross-thread,start,peak-128-free,"
                                 "peak-128-idle,sort-peak,sort-cpu",
                                 "--json=" + file});
    ASSERT_TRUE(p.end.good()) << p.end.reason();
    for (const char* const label :
         {"\nmalloc+free 64 B, ns  ", "\nchurn in 4 threads, ns x cores", "\ncross-thread 64 B",
          "\nstart-up RSS, MB", "  RSS after 1 s idle, MB", "  peak RSS, MB"}) {
        EXPECT_THAT(p.text, HasSubstr(label));
    }
    std::ifstream written(file);
    const auto report = nlohmann::json::parse(written);
    ASSERT_EQ(report["rows"].size(), 8u);
    for (const auto& row : report["rows"]) {
        for (const std::string& malloc : {std::string("glibc"), other}) {
            const auto& cell = row["cells"][malloc];
            ASSERT_FALSE(cell.is_null()) << row["row"] << ' ' << malloc;
            EXPECT_EQ(cell["runs"].size(), 2u) << row["row"];
            EXPECT_GT(cell["median"].get<double>(), 0) << row["row"];
        }
    }
    // A million blocks of 128 bytes: glibc doesn't give them back while one at the top lives.
    for (const auto& row : report["rows"]) {
        if (row["row"] == "peak-128-idle") {
            EXPECT_GT(row["cells"]["glibc"]["median"].get<double>(), 128e6);
        }
    }
}

TEST(malloc_run, json_without_a_file_takes_the_tables_place) {
    const printed p =
        suite_run({"--rounds=1", "--malloc=glibc", "--only=saw-mean", "--quick", "--json"});
    ASSERT_TRUE(p.end.good()) << p.end.reason();
    const auto report = nlohmann::json::parse(p.text);
    // A figure at the top and the bottom of each of the five teeth.
    EXPECT_EQ(report["rows"][0]["cells"]["glibc"]["series"].size(), 10u);
}

TEST(malloc_run, server_is_loaded_and_stopped) {
    if (library_of("glibc").empty() || !std::ifstream("/usr/bin/redis-server") ||
        !std::ifstream("/usr/bin/redis-benchmark")) {
        GTEST_SKIP() << "no redis here";
    }
    const printed p =
        suite_run({"--rounds=1", "--malloc=glibc", "--only=redis-cpu", "--quick", "--json"});
    ASSERT_TRUE(p.end.good()) << p.end.reason();
    const auto report = nlohmann::json::parse(p.text);
    EXPECT_GT(report["rows"][0]["cells"]["glibc"]["median"].get<double>(), 0);
}

TEST(malloc_run, own_ledger_is_exact_and_read_in_no_time) {
    if (library_of("ebb").empty()) {
        GTEST_SKIP() << "ebb's malloc isn't built here";
    }
    const printed p = suite_run(
        {"--rounds=1", "--malloc=glibc,ebb", "--quick", "--json", "--only=exact,snapshot-1"});
    ASSERT_TRUE(p.end.good()) << p.end.reason();
    const auto report = nlohmann::json::parse(p.text);
    for (const auto& row : report["rows"]) {
        EXPECT_TRUE(row["cells"]["glibc"].is_null());
        const double value = row["cells"]["ebb"]["median"].get<double>();
        if (row["row"] == "exact-error") {
            EXPECT_EQ(value, 0);
        } else {
            EXPECT_GT(value, 0);
        }
    }
}

TEST(malloc_run, two_builds_are_compared_in_one_table) {
    if (library_of("ebb").empty()) {
        GTEST_SKIP() << "ebb's malloc isn't built here";
    }
    scratch files;
    const std::string before = files.path("before.so");
    const std::string after = files.path("after build.so"); // LD_PRELOAD can't hold its path
    std::filesystem::copy_file(library_of("ebb"), before);
    std::filesystem::copy_file(library_of("ebb"), after);
    const printed p = suite_run(
        {"--rounds=2", "--malloc=a=" + before + ",b=" + after, "--only=pair-64,snapshot-1,start"});
    ASSERT_TRUE(p.end.good()) << p.end.reason();
    EXPECT_THAT(p.text, HasSubstr("a: " + before + "\nb: " + after + "\n2 interleaved rounds"));
    EXPECT_THAT(p.text, HasSubstr("before: a, after: b: medians"));
    EXPECT_THAT(p.text, ContainsRegex("\npair-64 +ns "));
    EXPECT_THAT(p.text, ContainsRegex("\nsnapshot-1 +ns +[0-9]"));
    EXPECT_THAT(p.text, ContainsRegex("\nstart +MB "));
    // The same code: the same instructions, unless valgrind isn't here.
    if (!count_instructions(command{{"/bin/true"}, "", {}}).missing.starts_with("not installed")) {
        EXPECT_THAT(p.text, ContainsRegex("\n +instructions +[0-9.]+ +[0-9.]+ +1.000"));
    }
    const printed beside = suite_run({"--rounds=1", "--malloc=glibc,a=" + before,
                                      "--between=glibc,a", "--no-counts", "--only=pair-64"});
    ASSERT_TRUE(beside.end.good()) << beside.end.reason();
    EXPECT_THAT(beside.text, HasSubstr("before: glibc, after: a: medians"));
    EXPECT_THAT(beside.text, Not(HasSubstr("instructions  ")));
}

TEST(malloc_run, wrong_libraries_are_refused_in_one_line) {
    scratch files;
    const std::string text = files.path("text.so");
    std::ofstream(text) << "no library\n";
    const std::string libc = library_of("glibc");
    const std::vector<std::pair<std::string, std::string>> cases{
        {"a=/nowhere/lib.so", "--malloc a=/nowhere/lib.so: No such file or directory"},
        {"a=", "--malloc a=: no path of a library after ="},
        {"=" + libc, ": a name before = has letters, digits,"},
        {"a b=" + libc, ": a name before = has letters, digits,"},
        {"ebb=" + libc, ": ebb is a known malloc's name"},
        {"a=" + libc + ",a=" + libc, ": the name a is taken by another library"},
        {"a=" + text, ": not a shared library for this machine"},
        {"a=" EBB_NO_MALLOC, "a: malloc comes from "},
    };
    for (const auto& [word, says] : cases) {
        const printed p = suite_run({"--malloc=" + word, "--only=pair-64"});
        EXPECT_EQ(p.end.status, 2) << word;
        EXPECT_THAT(p.end.errors, HasSubstr(says));
        EXPECT_EQ(std::count(p.end.errors.begin(), p.end.errors.end(), '\n'), 1) << p.end.errors;
        EXPECT_EQ(p.text, "");
    }
}

TEST(malloc_run, budget_is_renewed_and_then_kept) {
    if (library_of("ebb").empty()) {
        GTEST_SKIP() << "ebb's malloc isn't built here";
    }
    scratch files;
    const std::string file = files.path("budget.json");
    std::ofstream(file) << R"({"maps": {}, "malloc": {"other": {}}})";
    const std::vector<std::string> only{"--budget=" + file, "--only=pair-64"};
    printed p = suite_run({only[0], only[1], "--renew", "--rounds=2"});
    if (p.end.status == 1 && p.end.errors.find("not installed") != std::string::npos) {
        GTEST_SKIP() << p.end.errors;
    }
    ASSERT_TRUE(p.end.good()) << p.end.reason();
    auto budget = nlohmann::json::parse(std::ifstream(file));
    EXPECT_GT(budget["malloc"]["pair-64"]["instructions"]["most"].get<double>(), 10);
    EXPECT_TRUE(budget.contains("maps"));
    p = suite_run(only);
    EXPECT_TRUE(p.end.good()) << p.text;
    EXPECT_THAT(p.text, HasSubstr("malloc: 1 rows, all within the budget\n"));
    // An instruction less than it takes: exceeded.
    budget["malloc"]["pair-64"]["instructions"] = {
        {"most", budget["malloc"]["pair-64"]["instructions"]["most"].get<double>() - 1},
        {"tolerance", 0}};
    std::ofstream(file) << budget;
    p = suite_run(only);
    EXPECT_EQ(p.end.status, 1);
    EXPECT_THAT(p.text, HasSubstr("pair-64: instructions: "));
    EXPECT_THAT(p.text, HasSubstr(", above "));
}

TEST(malloc_run, bad_words_are_refused_in_one_line) {
    expect_refused(
        EBB_BENCH_MALLOC,
        {
            {{"--malloc=nosuch"}, "--malloc nosuch: not one of glibc, jemalloc"},
            {{"--malloc=glibc,"}, "--malloc '': not one of glibc"},
            {{"--malloc="}, "--malloc: 1 required LIST missing"},
            {{"--only=nosuch"}, "--only nosuch: not one of pairs, random, batches"},
            {{"--rounds=0"}, "--rounds 0: not a whole number from 1 to 1000"},
            {{"--rounds=5x"}, "--rounds 5x: not a whole number"},
            {{"--between=glibc,nosuch", "--malloc=glibc"},
             "--between glibc,nosuch: not BEFORE,AFTER, two of the run's mallocs: glibc"},
            {{"--renew"}, "--renew: needs --budget=FILE, which it writes"},
            {{"--budget=/nosuch/file", "--malloc=glibc,a=" + library_of("glibc")},
             "--budget: takes one malloc, not several"},
            {{"--json=/nosuch/file"}, "--json /nosuch/file: can't be written"},
            {{"--nosuch"}, "accepted: --malloc, --only, --rounds"},
        });
}

TEST(malloc_run, teeth_on_a_beat_and_growth_have_their_figures) {
    const std::string libc = library_of("glibc");
    const printed teeth = program_run(EBB_BENCH_CELL, {"teeth", "glibc", libc, "2", "1"});
    ASSERT_TRUE(teeth.end.good()) << teeth.end.reason();
    EXPECT_THAT(teeth.text,
                ContainsRegex("cpu\t[0-9.e-]+\nmean\t[0-9.e+]+\nmost\t[0-9.e+]+\nfaults\t"));
    const printed growth = program_run(EBB_BENCH_CELL, {"grow", "glibc", libc, "10"});
    ASSERT_TRUE(growth.end.good()) << growth.end.reason();
    EXPECT_THAT(growth.text, ContainsRegex("operations\t[0-9]+\nfaults\t[0-9]+\n"));
}

TEST(malloc_run, help_and_list_say_what_is_taken) {
    const printed help = suite_run({"--help"});
    EXPECT_TRUE(help.end.good());
    for (const char* const word :
         {"--malloc", "NAME=PATH", "--only", "--rounds", "--quick", "--json", "--between",
          "--no-counts", "--full", "--budget", "--renew", "Exit status"}) {
        EXPECT_THAT(help.text, HasSubstr(word));
    }
    const printed list = suite_run({"--list"});
    EXPECT_THAT(list.text, HasSubstr("pairs\n"));
    EXPECT_THAT(list.text, HasSubstr("redis-peak\n"));
}

TEST(malloc_run, process_where_another_malloc_answers_measures_nothing) {
    const std::string other = another();
    if (other.empty()) {
        GTEST_SKIP() << "no malloc but glibc's is installed";
    }
    const printed micro =
        program_run(EBB_BENCH_MICRO, {other, library_of(other), "--benchmark_filter=^pair/8$"});
    EXPECT_EQ(micro.end.status, 3);
    EXPECT_THAT(micro.end.errors, HasSubstr(other + ": malloc comes from"));
    EXPECT_THAT(micro.text, Not(HasSubstr("pair/8")));
    EXPECT_EQ(program_run(EBB_BENCH_CELL, {"start", other, library_of(other)}).end.status, 3);
    EXPECT_TRUE(program_run(EBB_BENCH_CELL, {"start", other, library_of(other)}, library_of(other))
                    .end.good());
}

TEST(malloc_run, launched_program_that_fails_is_no_figure) {
    const std::string libc = library_of("glibc");
    const printed p = program_run(EBB_BENCH_CELL, {"launch", libc, "/bin/sh", "-c", "exit 7"});
    EXPECT_EQ(p.end.status, 1);
    EXPECT_THAT(p.end.errors, HasSubstr("/bin/sh: exit status 7"));
    EXPECT_EQ(p.text, "");
    EXPECT_EQ(program_run(EBB_BENCH_CELL, {"launch", libc, "/nosuch/program"}).end.status, 1);
}

TEST(malloc_run, cell_refuses_what_is_no_scenario) {
    const std::string libc = library_of("glibc");
    for (const std::vector<std::string>& words :
         std::vector<std::vector<std::string>>{{},
                                               {"nosuch", "glibc", libc},
                                               {"after-peak", "glibc", libc, "0", "1", "1"},
                                               {"after-peak", "glibc", libc, "10", "20", "10"},
                                               {"saw-tooth", "glibc", libc, "x"},
                                               {"grow", "glibc", libc},
                                               {"teeth", "glibc", libc, "3"},
                                               {"check", "glibc", libc, "1"}}) {
        EXPECT_EQ(program_run(EBB_BENCH_CELL, words).end.status, 2);
    }
}
