// The arena suite: each load runs with each arena that it is for, a short run has its rows, its
// budget holds ebb's own.
#include <ebb/bench/arenas/rows.h>
#include <ebb/bench/process/child.h>
#include <ebb/bench/process/figure.h>
#include <ebb/bench/process/scratch.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <tests/support/printed.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

using namespace ebb::bench;
using namespace ebb::bench::arenas;
using testing::HasSubstr;

namespace {

std::set<std::string> built_subjects() {
    std::set<std::string> names;
    command what;
    what.words = {EBB_ARENAS_CELL, "--subjects"};
    EXPECT_TRUE(run(what, [&](std::string_view line) { names.emplace(line); }).good());
    return names;
}

std::map<std::string, double> figures_of(const std::string& subject, const std::string& load) {
    std::map<std::string, double> figures;
    command what;
    what.words = {EBB_ARENAS_CELL, subject, load, "30"};
    const outcome end = run(what, [&](std::string_view line) {
        if (const auto f = read_figure(line)) {
            figures[f->key] = f->value;
        }
    });
    EXPECT_TRUE(end.good()) << subject << ' ' << load << ": " << end.reason();
    return figures;
}

} // namespace

TEST(arenas_run, each_load_runs_with_each_arena_that_it_is_for) {
    const auto built = built_subjects();
    for (const char* const ours : {"bump", "pool", "sized", "std_monotonic", "std_pool"}) {
        EXPECT_TRUE(built.contains(ours)) << ours;
    }
    for (const load& l : loads()) {
        std::size_t with = 0;
        for (const arena_subject& a : all_subjects()) {
            const std::string subject(a.name);
            if (!serves(a, l) || !built.contains(subject)) {
                continue;
            }
            ++with;
            const auto figures = figures_of(subject, std::string(l.name));
            ASSERT_TRUE(figures.contains("ns") && figures.contains("page_faults")) << l.name;
            EXPECT_GT(figures.at("operations"), 0) << l.name;
            // What is taken from below holds what was asked for.
            if (figures.contains("held")) {
                EXPECT_GE(figures.at("held"), 1) << subject << ' ' << l.name;
            }
        }
        EXPECT_GE(with, 3U) << l.name;
    }
}

TEST(arenas_run, a_load_that_an_arena_has_not_is_refused) {
    for (const auto& words : {std::vector<std::string>{"bump", "cold_24"},
                              {"pool", "pair_small"},
                              {"sized", "pair_25"},
                              {"sized", "pairs"},
                              {"none", "pair_24"}}) {
        command what;
        what.words = {EBB_ARENAS_CELL, words[0], words[1], "10"};
        const outcome end = run(what, [](std::string_view) {});
        EXPECT_EQ(end.status, 2) << words[0] << ' ' << words[1];
    }
}

TEST(arenas_run, rows_appear_for_ours_and_the_standards_and_the_json_parses) {
    const printed p = program_run(
        EBB_BENCH_ARENAS, {"--quick", "--no-counts", "--rounds=2", "--only=request-1,fill-24",
                           "--arenas=bump,pool,sized,std_pool", "--json"});
    ASSERT_TRUE(p.end.good()) << p.end.reason();
    const auto report = nlohmann::json::parse(p.text);
    std::map<std::string, std::set<std::string>> measured;
    for (const auto& row : report["rows"]) {
        for (const auto& [arena, cell] : row["cells"].items()) {
            if (!cell.is_null()) {
                EXPECT_EQ(cell["runs"].size(), 2u) << row["row"];
                measured[row["row"]].insert(arena);
            }
        }
    }
    EXPECT_EQ(measured["request-1"], (std::set<std::string>{"bump", "sized", "std_pool"}));
    const std::set<std::string> all{"bump", "pool", "sized", "std_pool"};
    EXPECT_EQ(measured["fill-24"], all);
    EXPECT_EQ(measured["fill-24-held"], all);
}

TEST(arenas_run, bad_words_are_refused) {
    for (const auto& [word, accepted] :
         {std::pair<std::string, std::string>{"--only=pair-25", "pair-24"},
          {"--arenas=none", "std_monotonic"},
          {"--renew", "--budget=FILE"},
          {"--some", "--arenas"}}) {
        const printed p = program_run(EBB_BENCH_ARENAS, {word});
        EXPECT_EQ(p.end.status, 2) << word;
        EXPECT_THAT(p.end.errors, HasSubstr(accepted)) << word;
    }
}
