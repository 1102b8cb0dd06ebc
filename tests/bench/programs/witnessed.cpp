// What the witness's lines are read as.
#include <ebb/bench/programs/under.h>
#include <ebb/bench/programs/witnessed.h>

#include <gtest/gtest.h>

#include <string>

using namespace ebb::bench;

namespace {

std::string start(int pid, int parent, const std::string& program,
                  const std::string& verdict = "") {
    return "start\t" + std::to_string(pid) + "\t" + std::to_string(parent) + "\t" + program +
           "\t/nowhere/libm.so\t" + verdict + "\n";
}

std::string end(int pid, int parent, const std::string& program, const std::string& figures) {
    return "end\t" + std::to_string(pid) + "\t" + std::to_string(parent) + "\t" + program +
           "\t/nowhere/libm.so\t" + figures + "\n";
}

const std::string figures = "4096\t8192\t1\t2\t-\t4\t5\t12\t7\t8\t9\t10";

} // namespace

TEST(witnessed, process_has_its_figures_and_what_is_absent) {
    const auto all = read_witnessed(start(7, 1, "/bin/a") + end(7, 1, "/bin/a", figures), 7);
    ASSERT_EQ(all.size(), 1u);
    EXPECT_TRUE(all[0].began && all[0].ended && all[0].has_ledger());
    EXPECT_EQ(all[0].program, "/bin/a");
    EXPECT_EQ(all[0].malloc, "/nowhere/libm.so");
    EXPECT_EQ(all[0].resident, 4096u);
    EXPECT_EQ(all[0].peak_resident, 8192u);
    EXPECT_EQ(all[0].ledger[0], 1u);
    EXPECT_EQ(all[0].ledger[2], std::nullopt);
    EXPECT_EQ(all[0].ledger[9], 10u);
}

TEST(witnessed, program_that_became_another_is_one_process) {
    const auto all = read_witnessed(
        start(7, 1, "/bin/env") + start(7, 1, "/bin/a") + end(7, 1, "/bin/a", figures), 7);
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].program, "/bin/a");
    EXPECT_TRUE(all[0].ended);
}

TEST(witnessed, forked_child_has_an_end_alone_and_its_parents_verdict) {
    const auto all = read_witnessed(start(7, 1, "/bin/a", "malloc comes from x") +
                                        end(8, 7, "/bin/a", figures) + end(7, 1, "/bin/a", figures),
                                    7);
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[1].pid, 8);
    EXPECT_FALSE(all[1].began);
    EXPECT_EQ(all[1].verdict, "malloc comes from x");
}

TEST(witnessed, number_that_came_round_is_another_process) {
    const auto all = read_witnessed(start(8, 7, "/bin/a") + end(8, 7, "/bin/a", figures) +
                                        start(8, 7, "/bin/b") + start(8, 3, "/bin/c"),
                                    7);
    ASSERT_EQ(all.size(), 3u);
    EXPECT_TRUE(all[0].ended);
    EXPECT_FALSE(all[1].ended);
    EXPECT_EQ(all[2].program, "/bin/c");
}

TEST(witnessed, first_process_stands_first) {
    run_record run;
    run.processes = read_witnessed(start(8, 7, "/bin/b") + start(7, 1, "/bin/a"), 7);
    run.how.pid = 7;
    ASSERT_EQ(run.processes.size(), 2u);
    EXPECT_EQ(run.processes[0].pid, 7);
    EXPECT_EQ(run.first(), &run.processes[0]);
    EXPECT_EQ(run.wrong(), "");
    run.how.pid = 9;
    EXPECT_EQ(run.first(), nullptr);
    EXPECT_NE(run.wrong(), "");
}

TEST(witnessed, other_lines_are_passed_over) {
    EXPECT_TRUE(
        read_witnessed("hello\n\nstart\tx\t1\ta\tb\t\nend\t1\t1\ta\tb\t1\nstart\t1", 7).empty());
}

TEST(run_record, peak_is_the_highest_that_anyone_knows_of) {
    run_record run;
    EXPECT_EQ(run.peak_resident(), std::nullopt);
    run.processes = read_witnessed(end(8, 7, "/bin/b", figures), 7);
    EXPECT_EQ(run.peak_resident(), 8192u);
    run.how.peak_resident = 9000;
    EXPECT_EQ(run.peak_resident(), 9000u);
}
