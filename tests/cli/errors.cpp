// What ebb refuses: one line that says what is accepted, exit 2, nothing printed.
#include <ebb/alloc/base/sanitizers.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tests/cli/program.h>
#include <tests/support/forked.h>
#include <tests/support/matches.h>
#include <tests/support/process.h>
#include <tests/support/wait.h>

#include <csignal>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

using testing::HasSubstr;

namespace {

using tests::runs;

struct refused_case {
    std::vector<std::string> arguments;
    std::string says;
};

std::set<std::string> long_options(const std::string& text) {
    std::set<std::string> all;
    for (const tests::match& option : tests::matches(text, "--[a-z][a-z-]*")) {
        all.insert(option[0]);
    }
    return all;
}

// A man page with its escaped hyphens read as hyphens.
std::string man_page(const std::string& name) {
    std::ifstream file(std::string(EBB_DOCS) + "/" + name);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    for (std::size_t at = 0; (at = text.find("\\-", at)) != std::string::npos;) {
        text.erase(at, 1);
    }
    return text;
}

int only_child_of(pid_t pid) {
    const std::string id = std::to_string(pid);
    std::ifstream children("/proc/" + id + "/task/" + id + "/children");
    int child = 0;
    children >> child;
    return child;
}

// Whether the cell is in the midst of filling its map: before that, writing its first line to a
// pipe that nobody reads any more would end it, too.
bool fills(pid_t pid) {
    std::ifstream statm("/proc/" + std::to_string(pid) + "/statm");
    std::uint64_t pages = 0;
    std::uint64_t resident_pages = 0;
    return (statm >> pages >> resident_pages) && resident_pages > 10'000;
}

} // namespace

TEST(ebb, refuses_in_one_line_and_prints_nothing) {
    const std::string layouts =
        "not one of inline, pointer, spill, recreate, hash_map, node_hash_map, std, boost-flat, "
        "absl-flat, absl-node, absl-btree, robin, hopscotch, sparse";
    const std::string counts = "not a whole number from 1 to";
    const std::vector<refused_case> cases{
        {{}, "maps"},
        {{"frobnicate"}, "maps"},
        {{"--frobnicate"}, "maps"},
        {{"maps", "--frobnicate"}, "--layout, --malloc"},
        {{"maps", "surplus"}, "--layout, --malloc"},
        {{"maps", "--layout", "outline"}, layouts},
        {{"maps", "--layout", "inline,"}, layouts},
        {{"maps", "--layout", ""}, layouts},
        {{"maps", "--layout"}, "--layout"},
        {{"maps", "--layout=inline,pointer,x"}, layouts},
        {{"maps", "--malloc", "dlmalloc"},
         "not one of go, glibc, jemalloc, mimalloc, tcmalloc, ebb, pages"},
        {{"maps", "--reclaim", "never"}, "not one of collected, at-once"},
        {{"maps", "--count", "0"}, counts},
        {{"maps", "--count", "-1"}, "--count"},
        {{"maps", "--count=-1"}, counts},
        {{"maps", "--count", "12x"}, counts},
        {{"maps", "--count", "1e6"}, counts},
        {{"maps", "--count", "99999999999999999999999"}, counts},
        {{"maps", "--count", "1000000000000"}, "at most --count "},
        {{"maps", "--value-bytes", "100"}, "not one of 8, 64, 128, 129, 256, 1024"},
        {{"maps", "--value-bytes", "8,64"}, "not one of 8, 64, 128, 129, 256, 1024"},
        {{"maps", "--runs", "0"}, counts},
        {{"maps", "--runs", "1001"}, counts},
        {{"maps", "--layout", "spill", "--value-bytes", "64"}, "129, 256 or 1024"},
        {{"maps", "--malloc", "go", "--reclaim", "at-once"}, "always collected"},
        {{"maps", "--layout", "inline", "--malloc", "pages"}, "--malloc pages is for hash_map"},
        {{"maps", "--layout", "hash_map", "--malloc", "go"}, "needs another --malloc than go"},
        {{"maps", "--layout", "std", "--reclaim", "collected"}, "--reclaim at-once"},
        {{"run"}, "no command: it stands after --"},
        {{"run", "--"}, "no command: it stands after --"},
        {{"run", "ls"}, "the command stands after --"},
        {{"run", "ls", "-l"}, "the command stands after --"},
        {{"run", "--malloc", "--", "ls"}, "--malloc"},
        {{"run", "--malloc=dlmalloc", "--", "ls"}, "not one of glibc, jemalloc, mimalloc"},
        {{"run", "--malloc=go", "--", "ls"}, "nor the path of a library"},
        {{"run", "--malloc=", "--", "ls"}, "NAME|PATH"},
        {{"run", "--malloc=/nowhere/libm.so", "--", "ls"}, "No such file"},
        {{"run", "--malloc=" EBB_DOCS "/ebb.1", "--", "ls"}, "not a shared library"},
        {{"run", "--malloc=glibc", "-o", "/nowhere/report", "--", "ls"}, "-o /nowhere/report: No"},
        {{"run", "--frobnicate", "--", "ls"}, "--no-count"},
        {{"compare"}, "no command: it stands after --"},
        {{"compare", "--json", "ls"}, "the command stands after --"},
        {{"compare", "--runs=0", "--", "ls"}, counts},
        {{"compare", "--runs=1001", "--", "ls"}, counts},
        {{"compare", "--malloc=glibc,", "--", "ls"}, "not one of glibc, jemalloc, mimalloc"},
        {{"mallocs", "--path", "dlmalloc"}, "not one of glibc, jemalloc, mimalloc, tcmalloc, ebb"},
        {{"mallocs", "--path", "go"}, "not one of glibc, jemalloc, mimalloc, tcmalloc, ebb"},
    };
    for (const refused_case& c : cases) {
        for (const bool json : {false, true}) {
            std::vector<std::string> arguments = c.arguments;
            if (json && !arguments.empty() && arguments.front() == "maps") {
                arguments.emplace_back("--json");
            }
            const printed p = ebb_run(arguments);
            const std::string words = testing::PrintToString(arguments) + ": " + p.end.errors;
            EXPECT_EQ(p.end.status, 2) << words;
            EXPECT_EQ(p.text, "") << words;
            EXPECT_EQ(p.error_lines(), 1) << words;
            EXPECT_THAT(p.end.errors, testing::StartsWith("ebb: "));
            EXPECT_THAT(p.end.errors, HasSubstr(c.says)) << words;
        }
    }
}

TEST(ebb, go_rows_without_a_go_are_refused) {
    const char* const path = std::getenv("PATH");
    const std::string before = path == nullptr ? "" : path;
    ::setenv("PATH", "/nowhere", 1);
    const printed p = ebb_run({"maps", "--go"});
    ::setenv("PATH", before.c_str(), 1);
    EXPECT_EQ(p.end.status, 2);
    EXPECT_EQ(p.text, "");
    EXPECT_EQ(p.error_lines(), 1);
    EXPECT_THAT(p.end.errors, HasSubstr("golang-go"));
}

TEST(ebb, count_beyond_an_address_space_limit_is_refused) {
    ebb::bench::command what;
    what.words = {"/bin/sh", "-c", "ulimit -v 2000000 && exec \"$0\" maps --count 20000000",
                  EBB_PROGRAM};
    if (ebb::sanitized) {
        GTEST_SKIP() << "sanitizers reserve more than such a limit";
    }
    const auto end = ebb::bench::run(what, [](std::string_view line) { ADD_FAILURE() << line; });
    EXPECT_EQ(end.status, 2);
    EXPECT_THAT(end.errors, HasSubstr("at most --count "));
}

TEST(ebb, help_and_man_pages_have_the_same_options) {
    for (const auto& [command, one] : std::map<std::string, std::string>{{"maps", "--layout"},
                                                                         {"spike", "--peak"},
                                                                         {"run", "--no-count"},
                                                                         {"compare", "--runs"}}) {
        const printed help = ebb_run({command, "--help"});
        EXPECT_TRUE(help.end.good());
        const std::set<std::string> in_man = long_options(man_page("ebb-" + command + ".1"));
        EXPECT_EQ(long_options(help.text), in_man);
        EXPECT_TRUE(in_man.contains(one));
    }

    const printed top = ebb_run({"--help"});
    const printed mallocs = ebb_run({"mallocs", "--help"});
    EXPECT_TRUE(top.end.good() && mallocs.end.good());
    EXPECT_EQ(long_options(top.text + mallocs.text), long_options(man_page("ebb.1")));
}

TEST(ebb, version_is_one_line) {
    const printed p = ebb_run({"--version"});
    EXPECT_TRUE(p.end.good());
    EXPECT_EQ(tests::matches(p.text, "^ebb [0-9]+\\.[0-9]+\\.[0-9]+\n$").size(), 1U) << p.text;
}

TEST(ebb, interrupt_stops_the_cell_too) {
    tests::adopt_orphans();
    const pid_t parent = tests::fork_child([] {
        ::execl(EBB_PROGRAM, EBB_PROGRAM, "maps", "--malloc", "go", "--layout", "inline", "--count",
                "20000000", "--value-bytes", "8", "--json", static_cast<char*>(nullptr));
        ::_exit(127);
    });
    int cell = 0;
    tests::wait_until([&] {
        cell = only_child_of(parent);
        return fills(cell) || !runs(parent);
    });
    ASSERT_TRUE(runs(parent)) << "ended before its cell filled a map";
    ::kill(cell, SIGSTOP); // it can't end by itself now
    ::kill(parent, SIGINT);
    const int status = tests::status_of(parent);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT) << status;
    const int status_of_cell = tests::status_of(cell);
    EXPECT_TRUE(WIFSIGNALED(status_of_cell)) << status_of_cell;
}
