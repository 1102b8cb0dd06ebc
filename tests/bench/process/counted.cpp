// What is counted between two marks: read from kept texts, then from a program whose counts are
// known.
#include <ebb/bench/process/counted.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>
#include <string>

using namespace ebb::bench;
using testing::HasSubstr;

namespace {

std::optional<std::uint64_t> callgrind(const std::string& text) {
    std::istringstream file(text);
    return read_callgrind(file);
}

std::optional<system_calls> strace(const std::string& text,
                                   calls_counted which = calls_counted::between_marks) {
    std::istringstream file(text);
    return read_strace(file, which);
}

command marked(std::vector<std::string> arguments) {
    command what;
    what.words = {EBB_MARKED};
    what.words.insert(what.words.end(), arguments.begin(), arguments.end());
    return what;
}

const char* const traced = R"trace(12 execve("/bin/a", ["a"], 0x7ffd /* 9 vars */) = 0
12 brk(NULL)                         = 0x5555
12 close(-3771)                      = -1 EBADF (Bad file descriptor)
12 mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f00
12 futex(0x7f00, FUTEX_WAIT_PRIVATE, 2, NULL <unfinished ...>
13 madvise(0x7f0000, 4096, MADV_DONTNEED) = 0
12 <... futex resumed>)              = 0
13 --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED} ---
13 madvise(0x7f0000, 8192, MADV_DONTNEED) = 0
13 write(1, "close(-3772)", 12)      = 12
12 close(3)                          = 0
13 +++ exited with 0 +++
12 close(-3772 <unfinished ...>
12 <... close resumed>)              = -1 EBADF (Bad file descriptor)
12 munmap(0x7f00, 4096)              = 0
12 +++ exited with 0 +++
)trace";

} // namespace

TEST(counted, callgrinds_total_is_read) {
    EXPECT_EQ(callgrind("# callgrind format\nevents: Ir\nsummary: 99\n\nfn=(1)\n0 12\n"
                        "totals: 5041327\n"),
              5041327u);
    EXPECT_EQ(callgrind("events: Ir\n"), std::nullopt);
    EXPECT_EQ(callgrind("totals: many\n"), std::nullopt);
    EXPECT_EQ(callgrind(""), std::nullopt);
}

TEST(counted, calls_of_all_threads_between_the_marks_count_once) {
    const auto calls = strace(traced);
    ASSERT_TRUE(calls);
    EXPECT_EQ(calls->of("mmap"), 1u);
    EXPECT_EQ(calls->of("futex"), 1u);
    EXPECT_EQ(calls->of("madvise"), 2u);
    EXPECT_EQ(calls->of("write"), 1u);
    EXPECT_EQ(calls->of("close"), 1u);
    EXPECT_EQ(calls->of("munmap"), 0u);
    EXPECT_EQ(calls->total(), 6u);
}

TEST(counted, calls_of_a_whole_tree_count_without_marks) {
    const auto calls = strace(traced, calls_counted::all);
    ASSERT_TRUE(calls);
    EXPECT_EQ(calls->of("execve"), 1u);
    EXPECT_EQ(calls->of("munmap"), 1u);
    EXPECT_EQ(calls->total(), 11u);
}

TEST(counted, marks_without_a_partner_are_no_count) {
    EXPECT_FALSE(strace("12 brk(NULL) = 0\n"));
    EXPECT_FALSE(strace("12 close(-3771) = -1 EBADF (Bad file descriptor)\n12 brk(NULL) = 0\n"));
    EXPECT_FALSE(strace("12 close(-3772) = -1 EBADF (Bad file descriptor)\n"));
    // -37711 is no mark.
    EXPECT_FALSE(strace("12 close(-37711) = -1 EBADF (Bad file descriptor)\n"));
}

TEST(counted, pairs_of_marks_add_up) {
    const std::string pair = "close(-3771) = -1 EBADF\nmadvise(0, 0, 0) = 0\nclose(-3772) = -1 E\n";
    EXPECT_EQ(strace(pair + "brk(NULL) = 0\n" + pair)->total(), 2u);
}

TEST(counted, system_calls_of_a_program_are_those_between_its_marks) {
    const auto calls = count_system_calls(marked({"5"}));
    if (!calls.value) {
        GTEST_SKIP() << calls.missing;
    }
    EXPECT_EQ(calls.value->of("getppid"), 5u);
    EXPECT_EQ(calls.value->of("madvise"), 1u);
    EXPECT_EQ(calls.value->total(), 6u + calls.value->of("getrusage"));
    EXPECT_EQ(calls.value->of("getrusage"), 0u);
    const auto all = count_system_calls(marked({"5"}), calls_counted::all);
    EXPECT_EQ(all.value->of("getppid"), 5u + 7 + 9 + 11);
}

TEST(counted, instructions_of_a_program_repeat_and_grow_with_its_work) {
    const auto least = count_instructions(marked({"1000"}));
    if (!least.value) {
        GTEST_SKIP() << least.missing;
    }
    EXPECT_EQ(count_instructions(marked({"1000"})).value, least.value);
    const auto twice = count_instructions(marked({"2000"}));
    const auto thrice = count_instructions(marked({"3000"}));
    const std::uint64_t thousand = *twice.value - *least.value;
    EXPECT_GE(thousand, 1000u);
    EXPECT_LT(thousand, 100'000u);
    EXPECT_EQ(*thrice.value - *twice.value, thousand);
}

TEST(counted, run_that_fails_tells_why) {
    const auto open_end = count_system_calls(marked({"1", "no-end"}));
    EXPECT_FALSE(open_end.value);
    EXPECT_NE(open_end.missing, "");
    command none;
    none.words = {"/nowhere/program"};
    EXPECT_FALSE(count_system_calls(none).value);
    EXPECT_FALSE(count_instructions(none).value);
}

TEST(counted, tool_that_is_missing_is_named_with_its_package) {
    const char* const path = std::getenv("PATH");
    const std::string before = path == nullptr ? "" : path;
    ::setenv("PATH", "/nowhere", 1);
    const auto calls = count_system_calls(marked({"1"}));
    const auto instructions = count_instructions(marked({"1"}));
    ::setenv("PATH", before.c_str(), 1);
    EXPECT_EQ(calls.missing, "not installed: apt install strace");
    EXPECT_EQ(instructions.missing, "not installed: apt install valgrind");
}
