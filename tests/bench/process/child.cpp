#include <ebb/bench/process/child.h>

#include <gtest/gtest.h>
#include <tests/support/forked.h>
#include <tests/support/process.h>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

using ebb::bench::command;
using ebb::bench::outcome;

namespace {

using tests::runs;

outcome shell(const std::string& script, std::vector<std::string>* lines = nullptr) {
    command what;
    what.words = {"/bin/sh", "-c", script};
    return ebb::bench::run(what, [lines](std::string_view line) {
        if (lines != nullptr) {
            lines->emplace_back(line);
        }
    });
}

// A parent that runs a child which never ends by itself; ended by `signal` once the child is there.
void parent_ended_by(int signal) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    tests::adopt_orphans();
    const pid_t parent = tests::fork_child([&] {
        command what;
        what.words = {"/bin/sh", "-c", "echo $$; exec sleep infinity"};
        [[maybe_unused]] const outcome end = ebb::bench::run(what, [&](std::string_view line) {
            const int pid = std::stoi(std::string(line));
            [[maybe_unused]] const ssize_t n = ::write(ends[1], &pid, sizeof pid);
        });
    });
    int child = 0;
    ASSERT_EQ(::read(ends[0], &child, sizeof child), static_cast<ssize_t>(sizeof child));
    EXPECT_TRUE(runs(child));
    ::kill(parent, signal);
    const int status = tests::status_of(parent);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == signal);
    EXPECT_TRUE(WIFSIGNALED(tests::status_of(child)));
    ::close(ends[0]);
    ::close(ends[1]);
}

} // namespace

TEST(child, hands_on_every_whole_line) {
    std::vector<std::string> lines;
    const outcome end = shell("printf 'one\\ntwo'; printf ' and a half\\n\\nlast\\n'", &lines);
    EXPECT_TRUE(end.good());
    EXPECT_EQ(lines, (std::vector<std::string>{"one", "two and a half", "", "last"}));
}

TEST(child, tells_status_and_first_line_of_errors) {
    const outcome end = shell("echo first >&2; echo second >&2; exit 7");
    EXPECT_EQ(end.status, 7);
    EXPECT_EQ(end.signal, 0);
    EXPECT_FALSE(end.good());
    EXPECT_EQ(end.reason(), "first");
    EXPECT_EQ(shell("exit 7").reason(), "exit status 7");
}

TEST(child, tells_the_signal) {
    const outcome end = shell("kill -KILL $$");
    EXPECT_EQ(end.signal, SIGKILL);
    EXPECT_FALSE(end.good());
}

TEST(child, floods_of_errors_do_not_block_it) {
    const outcome end =
        shell("i=0; while [ $i -lt 20000 ]; do echo 0123456789 >&2; i=$((i+1)); done");
    EXPECT_TRUE(end.good());
    EXPECT_EQ(end.errors.size(), std::size_t{64} << 10);
}

TEST(child, preload_is_set_or_gone) {
    ::setenv("LD_PRELOAD", "/nowhere/of/the/parent.so", 1);
    std::vector<std::string> lines;
    EXPECT_TRUE(shell("echo \"${LD_PRELOAD-none}\"", &lines).good());
    ::unsetenv("LD_PRELOAD");
    EXPECT_EQ(lines.back(), "none");
}

TEST(child, program_that_is_not_there_throws) {
    command what;
    what.words = {"/nowhere/program"};
    EXPECT_THROW((void)ebb::bench::run(what, [](std::string_view) {}), std::system_error);
}

TEST(child, goes_with_an_interrupted_parent) {
    parent_ended_by(SIGINT);
}
TEST(child, goes_with_a_terminated_parent) {
    parent_ended_by(SIGTERM);
}
TEST(child, goes_with_a_killed_parent) {
    parent_ended_by(SIGKILL);
}
