// `ebb compare`: it finds a difference that is there, finds none where there is none, and says
// which malloc the program fails under.
#include <ebb/alloc/base/sanitizers.h>
#include <ebb/bench/mallocs/malloc.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <tests/cli/program.h>

#include <cstdlib>
#include <string>
#include <vector>

using nlohmann::ordered_json;
using testing::HasSubstr;
using testing::Not;

namespace {

printed compare(const std::vector<std::string>& options, const std::vector<std::string>& command) {
    std::vector<std::string> words{"compare"};
    words.insert(words.end(), options.begin(), options.end());
    words.emplace_back("--");
    words.insert(words.end(), command.begin(), command.end());
    return ebb_run(words);
}

// A shell that does something of its own where the liar's neighbour, a malloc with a ledger,
// answers.
std::string where_toy(const std::string& script) {
    return "case $LD_PRELOAD in *ebb_toy*) " + script + ";; esac; :";
}

const char* const both = "--malloc=glibc," EBB_TOY;

} // namespace

TEST(ebb_compare, difference_that_is_there_is_found) {
    const std::string script = where_toy("sleep 0.1; exec \"$0\" hold 8");
    const printed p = compare({both, "--runs=5", "--json"}, {"sh", "-c", script, EBB_SUBJECT});
    ASSERT_EQ(p.end.status, 0) << p.end.errors;
    const ordered_json o = ordered_json::parse(p.text);
    EXPECT_EQ(o.at("runs"), 5);
    EXPECT_EQ(o.at("reference"), "glibc");
    const ordered_json& glibc = o.at("mallocs").at(0).at("wall_seconds");
    const ordered_json& toy = o.at("mallocs").at(1).at("wall_seconds");
    EXPECT_TRUE(glibc.at("significant").is_null());
    EXPECT_GT(toy.at("median").get<double>(), 0.1);
    EXPECT_NEAR(toy.at("ratio").get<double>(),
                toy.at("median").get<double>() / glibc.at("median").get<double>(), 1e-9);
    EXPECT_EQ(toy.at("values").size(), 5u);
    // Of bytes: on a busy machine any run may take longer than another.
    EXPECT_TRUE(o.at("mallocs").at(1).at("peak_resident").at("significant").get<bool>()) << o;
}

TEST(ebb_compare, memory_that_differs_is_found) {
    const printed p =
        compare({both, "--runs=5"}, {"sh", "-c", where_toy("exec \"$0\" hold 8"), EBB_SUBJECT});
    ASSERT_EQ(p.end.status, 0) << p.end.errors;
    const std::size_t peak = p.text.find("peak resident, MB");
    ASSERT_NE(peak, std::string::npos) << p.text;
    EXPECT_THAT(p.text.substr(peak), HasSubstr(" % (p 0.008)")) << p.text;
    EXPECT_THAT(p.text, HasSubstr("resident at exit, MB"));
}

TEST(ebb_compare, same_malloc_twice_does_not_differ) {
    // Each of four measures is wrong in one of 25 comparisons, by chance alone, and two of them may
    // be wrong together: all four in each of five comparisons never.
    bool none = false;
    for (int i = 0; i < 5 && !none; ++i) {
        const printed p = compare({"--malloc=glibc,glibc", "--runs=5"}, {"ls", "/"});
        ASSERT_EQ(p.end.status, 0) << p.end.errors;
        EXPECT_THAT(p.text, HasSubstr("against glibc"));
        none = p.text.find("no significant difference (p ") != std::string::npos;
    }
    EXPECT_TRUE(none);
}

TEST(ebb_compare, too_few_runs_to_tell_are_called_so) {
    const printed p = compare({"--malloc=glibc,glibc", "--runs=2"}, {"true"});
    ASSERT_EQ(p.end.status, 0) << p.end.errors;
    EXPECT_THAT(p.text, HasSubstr("2 runs can't show a difference here: it takes at least 4."));
    // A difference that nobody could have found isn't called absent.
    EXPECT_THAT(p.text, HasSubstr(" %, too few runs to tell\n"));
    EXPECT_THAT(p.text, Not(HasSubstr("no significant difference")));
}

TEST(ebb_compare, failure_under_one_malloc_is_told_with_its_status) {
    const std::string script = where_toy("echo 'no good' >&2; exit 5");
    const printed p = compare({both, "--runs=2"}, {"sh", "-c", script});
    EXPECT_EQ(p.end.status, 1);
    EXPECT_THAT(p.text, HasSubstr(EBB_TOY ": exit 5: no good"));
    EXPECT_THAT(p.end.errors, HasSubstr("exit 5: no good"));
    EXPECT_EQ(p.error_lines(), 1);
    EXPECT_THAT(p.text, HasSubstr("\nglibc "));

    const printed json = compare({both, "--runs=2", "--json"}, {"sh", "-c", script});
    const ordered_json o = ordered_json::parse(json.text);
    EXPECT_EQ(o.at("mallocs").at(1).at("status"), 5);
    EXPECT_TRUE(o.at("mallocs").at(1).at("wall_seconds").at("median").is_null());
    EXPECT_FALSE(o.at("mallocs").at(0).at("wall_seconds").at("median").is_null());

    const printed killed = compare({both, "--runs=1"}, {"sh", "-c", where_toy("kill -SEGV $$")});
    EXPECT_EQ(killed.end.status, 1);
    EXPECT_THAT(killed.text, HasSubstr("signal 11"));
}

TEST(ebb_compare, programs_output_is_not_shown_and_input_is_empty) {
    const printed p = compare({"--malloc=glibc", "--runs=1"}, {"sh", "-c", "cat; echo noise"});
    EXPECT_EQ(p.end.status, 0) << p.end.errors;
    EXPECT_EQ(p.text.find("\nnoise"), std::string::npos);
    EXPECT_EQ(p.end.errors, "");
}

TEST(ebb_compare, without_a_list_all_installed_ones_run) {
    const printed p = compare({"--runs=1", "--json"}, {"true"});
    ASSERT_EQ(p.end.status, 0) << p.end.errors;
    const ordered_json o = ordered_json::parse(p.text);
    std::vector<std::string> ran;
    for (const ordered_json& each : o.at("mallocs")) {
        ran.push_back(each.at("malloc"));
    }
    std::vector<std::string> installed;
    for (const auto& malloc : ebb::bench::known_mallocs) {
        if (ebb::bench::find_library(malloc)) {
            installed.emplace_back(malloc.name);
        }
    }
    EXPECT_EQ(ran, installed);
}

TEST(ebb_compare, liar_is_told) {
    const printed p = compare({"--malloc=glibc," EBB_LIAR, "--runs=1"}, {"true"});
    EXPECT_EQ(p.end.status, 3);
    EXPECT_THAT(p.text, HasSubstr("didn't answer: "));
}

TEST(ebb_compare, program_that_cannot_be_started_or_preloaded) {
    EXPECT_EQ(compare({}, {"no-such-program-here"}).end.status, 127);
    EXPECT_EQ(compare({}, {"/"}).end.status, 126);
    EXPECT_EQ(compare({}, {EBB_STATIC_SUBJECT}).end.status, 3);
}

TEST(ebb_compare, interrupt_ends_it_and_the_program) {
    if (ebb::thread_sanitized) {
        GTEST_SKIP() << "it holds signals back while ebb waits for the program";
    }
    ebb::bench::command what;
    what.words = {EBB_PROGRAM,
                  "compare",
                  "--malloc=glibc",
                  "--",
                  "sh",
                  "-c",
                  "kill -TERM $PPID; exec sleep infinity"};
    const auto end = ebb::bench::run(what, [](std::string_view line) { ADD_FAILURE() << line; });
    EXPECT_EQ(end.signal, SIGTERM);
}
