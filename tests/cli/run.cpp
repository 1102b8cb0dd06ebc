// `ebb run`: the program is left alone, the malloc is checked in it, each process tells its bytes.
#include <ebb/alloc/base/sanitizers.h>
#include <ebb/bench/mallocs/malloc.h>
#include <ebb/bench/programs/under.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <tests/cli/program.h>

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace fs = std::filesystem;
using nlohmann::ordered_json;
using testing::HasSubstr;

namespace {

// A folder with a space in its name, gone with the test.
class folder {
  public:
    folder() : path_(fs::temp_directory_path() / ("ebb test " + std::to_string(::getpid()))) {
        fs::create_directory(path_);
    }
    folder(const folder&) = delete;
    folder& operator=(const folder&) = delete;
    ~folder() { fs::remove_all(path_); }
    [[nodiscard]] std::string file(const std::string& name) const {
        return (path_ / name).string();
    }

  private:
    fs::path path_;
};

struct ran {
    printed p;
    ordered_json report; // null: none was written
};

ran run_words(const std::string& malloc, const std::vector<std::string>& command,
              std::vector<std::string> options = {}) {
    const folder files;
    const std::string report = files.file("report.json");
    std::vector<std::string> words{"run", "--malloc=" + malloc, "--json", "-o", report};
    words.insert(words.end(), options.begin(), options.end());
    words.emplace_back("--");
    words.insert(words.end(), command.begin(), command.end());
    ran r;
    r.p = ebb_run(words);
    std::ifstream file(report);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    r.report = text.empty() ? ordered_json() : ordered_json::parse(text);
    return r;
}

ran run_shell(const std::string& malloc, const std::string& script) {
    return run_words(malloc, {"/bin/sh", "-c", script});
}

std::string name_of(const ordered_json& process) {
    return fs::path(process.at("program").get<std::string>()).filename().string();
}

const ordered_json* process_of(const ordered_json& report, const std::string& name) {
    for (const ordered_json& process : report.at("processes")) {
        if (name_of(process) == name) {
            return &process;
        }
    }
    return nullptr;
}

class under_each : public testing::TestWithParam<const char*> {
  protected:
    void SetUp() override {
        if (!ebb::bench::find_library(*ebb::bench::find_malloc(GetParam()))) {
            GTEST_SKIP() << GetParam() << " is not installed";
        }
    }
};

} // namespace

TEST_P(under_each, malloc_answers_in_the_program_and_in_its_children) {
    const ran r = run_shell(GetParam(), "ls / | sort >/dev/null; exit 5");
    EXPECT_EQ(r.p.end.status, 5) << r.p.end.errors;
    EXPECT_EQ(r.p.end.errors, "");
    ASSERT_TRUE(r.report.is_object());
    EXPECT_EQ(r.report.at("malloc"), GetParam());
    EXPECT_EQ(r.report.at("status"), 5);
    const fs::path library = r.report.at("library").get<std::string>();
    for (const ordered_json& process : r.report.at("processes")) {
        EXPECT_TRUE(process.at("answers").get<bool>()) << process;
        EXPECT_TRUE(fs::equivalent(process.at("malloc").get<std::string>(), library)) << process;
        EXPECT_TRUE(process.at("ended").get<bool>()) << process;
        EXPECT_GT(process.at("resident").get<std::uint64_t>(), 100'000u);
        EXPECT_GE(process.at("peak_resident"), process.at("resident"));
    }
    const ordered_json& shell = r.report.at("processes").at(0);
    EXPECT_TRUE(shell.at("first").get<bool>());
    for (const char* const child : {"ls", "sort"}) {
        const ordered_json* const process = process_of(r.report, child);
        ASSERT_NE(process, nullptr) << child << r.report;
        EXPECT_EQ(process->at("parent"), shell.at("pid"));
        EXPECT_FALSE(process->at("first").get<bool>());
    }
}

TEST_P(under_each, program_at_a_fixed_place_is_seen_through_its_stubs) {
    const ran r = run_words(GetParam(), {EBB_FIXED_SUBJECT, "hold", "1"});
    EXPECT_EQ(r.p.end.status, 0) << r.p.end.errors;
    ASSERT_TRUE(r.report.is_object());
    EXPECT_TRUE(r.report.at("processes").at(0).at("answers").get<bool>());
}

INSTANTIATE_TEST_SUITE_P(mallocs, under_each,
                         testing::Values("glibc", "jemalloc", "mimalloc", "tcmalloc", "ebb"),
                         [](const auto& each) { return std::string(each.param); });

TEST(ebb_run, exit_status_and_streams_are_the_programs_own) {
    const std::string script = "printf 'a b\\n' | \"$0\" run --malloc=glibc -o /dev/null -- "
                               "sh -c 'cat; echo err >&2; exit 42'";
    ebb::bench::command what;
    what.words = {"/bin/sh", "-c", script, EBB_PROGRAM};
    std::string out;
    const auto end = ebb::bench::run(what, [&out](std::string_view line) { out += line; });
    EXPECT_EQ(end.status, 42);
    EXPECT_EQ(out, "a b");
    EXPECT_EQ(end.errors, "err\n");
}

TEST(ebb_run, table_follows_on_standard_error) {
    const printed p = ebb_run({"run", "--malloc=glibc", "--", "sh", "-c", "echo out; exit 3"});
    EXPECT_EQ(p.end.status, 3);
    EXPECT_EQ(p.text, "out\n");
    EXPECT_THAT(p.end.errors, HasSubstr("ebb: sh -c 'echo out; exit 3': exit 3 after "));
    EXPECT_THAT(p.end.errors, HasSubstr("glibc answered in 1 of 1 process"));
    EXPECT_THAT(p.end.errors, HasSubstr("peak resident  program"));
}

TEST(ebb_run, signal_that_ended_it_is_told_as_shells_do) {
    const ran r = run_shell("glibc", "kill -SEGV $$");
    EXPECT_EQ(r.p.end.status, 128 + SIGSEGV);
    ASSERT_TRUE(r.report.is_object());
    EXPECT_TRUE(r.report.at("status").is_null());
    EXPECT_EQ(r.report.at("signal"), SIGSEGV);
    const ordered_json& first = r.report.at("processes").at(0);
    EXPECT_FALSE(first.at("ended").get<bool>());
    EXPECT_TRUE(first.at("resident").is_null());
    EXPECT_TRUE(first.at("allocations").is_null());

    const printed p = ebb_run({"run", "--malloc=glibc", "--", "sh", "-c", "kill -KILL $$"});
    EXPECT_EQ(p.end.status, 128 + SIGKILL);
    EXPECT_THAT(p.end.errors, HasSubstr("left no record: it was ended by signal 9 (Killed)"));
}

TEST(ebb_run, signal_sent_to_ebb_reaches_the_program) {
    if (ebb::thread_sanitized) {
        GTEST_SKIP() << "it holds signals back while ebb waits for the program";
    }
    EXPECT_EQ(
        run_shell("glibc", "trap 'exit 9' TERM; kill -TERM $PPID; while :; do sleep 0.05; done")
            .p.end.status,
        9);
    EXPECT_EQ(run_shell("glibc", "kill -INT $PPID; exec sleep infinity").p.end.status,
              128 + SIGINT);
    // What was ignored stays ignored.
    ebb::bench::command what;
    what.words = {"/bin/sh", "-c",
                  "trap '' INT; exec \"$0\" run --malloc=glibc -o /dev/null -- sh -c 'kill -INT "
                  "$PPID; kill -INT $$; exit 4'",
                  EBB_PROGRAM};
    EXPECT_EQ(ebb::bench::run(what, [](std::string_view) {}).status, 4);
}

TEST(ebb_run, ledger_is_the_programs_without_the_checks_blocks) {
    std::vector<std::string> with_ledger{EBB_TOY};
    if (ebb::bench::find_library(*ebb::bench::find_malloc("ebb"))) {
        with_ledger.emplace_back("ebb");
    }
    for (const std::string& malloc : with_ledger) {
        const ran r = run_words(malloc, {EBB_SUBJECT, "ledger"});
        ASSERT_EQ(r.p.end.status, 0) << r.p.end.errors;
        unsigned long allocations = 0;
        unsigned long frees = 0;
        ASSERT_EQ(std::sscanf(r.p.text.c_str(), "%lu %lu", &allocations, &frees), 2) << r.p.text;
        const ordered_json& first = r.report.at("processes").at(0);
        EXPECT_GE(allocations, 1002u);
        EXPECT_EQ(first.at("allocations"), allocations - 2);
        EXPECT_EQ(first.at("frees"), frees - 2);
        EXPECT_FALSE(first.at("requested").is_null());
    }
}

// What libebbcount.so counted is what the program reads of it, and the malloc behind it is named.
TEST_P(under_each, malloc_without_a_ledger_is_counted) {
    if (!ebb::bench::counting_library()) {
        GTEST_SKIP() << "sanitized: libebbcount.so isn't built";
    }
    const ran r = run_words(GetParam(), {EBB_SUBJECT, "ledger"});
    ASSERT_EQ(r.p.end.status, 0) << r.p.end.errors;
    unsigned long allocations = 0;
    unsigned long frees = 0;
    ASSERT_EQ(std::sscanf(r.p.text.c_str(), "%lu %lu", &allocations, &frees), 2) << r.p.text;
    const ordered_json& first = r.report.at("processes").at(0);
    EXPECT_EQ(first.at("allocations"), allocations - 2) << first;
    EXPECT_EQ(first.at("frees"), frees - 2) << first;
    EXPECT_FALSE(first.at("requested").is_null());
    EXPECT_FALSE(first.at("peak_requested").is_null());
    const bool is_own = std::string(GetParam()) == "ebb";
    EXPECT_EQ(first.at("mapped").is_null(), !is_own);

    const ran held = run_words(GetParam(), {EBB_SUBJECT, "hold", "3"});
    const auto requested = held.report.at("processes").at(0).at("requested").get<std::uint64_t>();
    EXPECT_GE(requested, 3u << 20);
    EXPECT_LT(requested, (3u << 20) + 200'000);

    const ran bare = run_words(GetParam(), {EBB_SUBJECT, "ledger"}, {"--no-count"});
    EXPECT_EQ(bare.p.text == "none\n", !is_own) << bare.p.text;
    EXPECT_EQ(bare.report.at("processes").at(0).at("requested").is_null(), !is_own);
}

TEST(ebb_run, library_given_by_its_path_is_counted_unless_it_counts_itself) {
    if (!ebb::bench::counting_library()) {
        GTEST_SKIP() << "sanitized: libebbcount.so isn't built";
    }
    for (const char* const malloc : {"jemalloc", "mimalloc", "tcmalloc"}) {
        const auto library = ebb::bench::find_library(*ebb::bench::find_malloc(malloc));
        if (library) {
            const ran r = run_words(*library, {EBB_SUBJECT, "hold", "1"});
            const ordered_json& first = r.report.at("processes").at(0);
            EXPECT_TRUE(fs::equivalent(first.at("malloc").get<std::string>(), *library)) << first;
            EXPECT_GE(first.at("requested").get<std::uint64_t>(), 1u << 20) << first;
            EXPECT_TRUE(first.at("mapped").is_null());
        }
    }
    if (const auto ebb = ebb::bench::find_library(*ebb::bench::find_malloc("ebb"))) {
        const ran r = run_words(*ebb, {EBB_SUBJECT, "hold", "1"});
        EXPECT_FALSE(r.report.at("processes").at(0).at("mapped").is_null());
    }
}

TEST(ebb_run, term_that_a_malloc_cannot_tell_is_absent) {
    const ran r = run_words(EBB_TOY, {EBB_SUBJECT, "ledger"});
    const ordered_json& first = r.report.at("processes").at(0);
    EXPECT_TRUE(first.at("mapped").is_null());
    EXPECT_TRUE(first.at("peak_requested").is_null());
    const printed p = ebb_run({"run", "--malloc=" EBB_TOY, "--", EBB_SUBJECT, "ledger"});
    EXPECT_THAT(p.end.errors, HasSubstr("peak requested"));
    EXPECT_THAT(p.end.errors, HasSubstr("  -  "));
}

TEST(ebb_run, terms_of_ebbs_own_malloc_sum_to_what_is_mapped) {
    if (!ebb::bench::find_library(*ebb::bench::find_malloc("ebb"))) {
        GTEST_SKIP() << "sanitized: libebbmalloc.so isn't built";
    }
    const ran r = run_words("ebb", {"sh", "-c", "ls / | sort; exec \"$0\" hold 3", EBB_SUBJECT});
    ASSERT_EQ(r.p.end.status, 0) << r.p.end.errors;
    for (const ordered_json& process : r.report.at("processes")) {
        std::uint64_t sum = 0;
        for (const char* const term : {"requested", "slack", "dead", "idle", "overhead"}) {
            sum += process.at(term).get<std::uint64_t>();
        }
        EXPECT_EQ(process.at("mapped"), sum) << process;
    }
    const ordered_json& subject = r.report.at("processes").at(0);
    EXPECT_GE(subject.at("requested").get<std::uint64_t>(), 3u << 20);
    EXPECT_LT(subject.at("requested").get<std::uint64_t>(), (3u << 20) + 100'000);
}

TEST(ebb_run, program_finds_nothing_changed_as_it_begins) {
    ebb::bench::command plain;
    plain.words = {EBB_SUBJECT, "state"};
    std::string without;
    EXPECT_TRUE(ebb::bench::run(plain, [&](std::string_view line) { without += line; }).good());
    const ran r = run_words("glibc", {EBB_SUBJECT, "state"});
    EXPECT_EQ(r.p.text, without + "\n");
}

TEST(ebb_run, child_of_vfork_leaves_its_parents_record_alone) {
    const ran r = run_words("glibc", {EBB_SUBJECT, "vfork"});
    EXPECT_EQ(r.p.text, "4 0\n");
    ASSERT_EQ(r.report.at("processes").size(), 1u) << r.report;
    EXPECT_TRUE(r.report.at("processes").at(0).at("ended").get<bool>());
}

TEST(ebb_run, signal_handler_may_leave) {
    const ran r = run_words("jemalloc", {EBB_SUBJECT, "handler"});
    EXPECT_EQ(r.p.end.status, 6);
    EXPECT_TRUE(r.report.at("processes").at(0).at("ended").get<bool>());
}

TEST(ebb_run, resident_and_its_peak_are_the_kernels) {
    const ran r = run_words("glibc", {EBB_SUBJECT, "hold", "40"});
    ASSERT_EQ(r.p.end.status, 0) << r.p.end.errors;
    const auto resident = r.report.at("processes").at(0).at("resident").get<std::uint64_t>();
    EXPECT_GT(resident, 40u << 20);
    EXPECT_LT(resident, 50u << 20);
}

TEST(ebb_run, program_that_execs_another_is_that_one) {
    const ran r = run_words("jemalloc", {"env", "A=1", "nice", EBB_SUBJECT, "hold", "1"});
    EXPECT_EQ(r.p.end.status, 0) << r.p.end.errors;
    ASSERT_EQ(r.report.at("processes").size(), 1u) << r.report;
    EXPECT_EQ(name_of(r.report.at("processes").at(0)), fs::path(EBB_SUBJECT).filename());
}

TEST(ebb_run, first_process_without_a_record_is_told_in_words) {
    const printed p = ebb_run({"run", "--malloc=glibc", "--", "env", "-i", "/bin/true"});
    EXPECT_EQ(p.end.status, 0);
    EXPECT_THAT(p.end.errors, HasSubstr("the first process (env) left no record"));
}

TEST(ebb_run, child_that_was_killed_is_told_apart) {
    const ran r = run_shell("glibc", "sh -c 'kill -KILL $$'; exit 0");
    EXPECT_EQ(r.p.end.status, 0);
    ASSERT_EQ(r.report.at("processes").size(), 2u) << r.report;
    EXPECT_TRUE(r.report.at("processes").at(0).at("ended").get<bool>());
    EXPECT_FALSE(r.report.at("processes").at(1).at("ended").get<bool>());
}

TEST(ebb_run, forked_child_without_exec_has_its_own_line) {
    const ran r = run_shell("glibc", "(exit 3); (exit 4); exit 0");
    ASSERT_EQ(r.report.at("processes").size(), 3u) << r.report;
    EXPECT_EQ(r.report.at("processes").at(1).at("parent"),
              r.report.at("processes").at(0).at("pid"));
}

TEST(ebb_run, other_malloc_that_answers_is_noticed_before_the_program_begins) {
    // A counter of jemalloc's name that stands still.
    const ran still = run_words(EBB_LIAR, {"sh", "-c", "echo ran"});
    EXPECT_EQ(still.p.end.status, 3);
    EXPECT_EQ(still.p.text, "");
    EXPECT_EQ(still.p.error_lines(), 1);
    EXPECT_THAT(still.p.end.errors, HasSubstr("doesn't move its own counter"));
    // A library that is no malloc at all.
    const ran none = run_words(EBB_WITNESS_LIBRARY, {"sh", "-c", "echo ran"});
    EXPECT_EQ(none.p.end.status, 3);
    EXPECT_EQ(none.p.text, "");
    EXPECT_THAT(none.p.end.errors, HasSubstr("malloc comes from "));
    EXPECT_THAT(none.p.end.errors, HasSubstr("libc.so.6"));
}

TEST(ebb_run, malloc_that_the_caller_preloads_comes_after_the_one_asked_for) {
    const auto jemalloc = ebb::bench::find_library(*ebb::bench::find_malloc("jemalloc"));
    if (!jemalloc) {
        GTEST_SKIP() << "jemalloc is not installed";
    }
    const std::string script = "LD_PRELOAD=" + *jemalloc +
                               " exec \"$0\" run -o /dev/null "
                               "--malloc=\"$1\" -- sh -c 'exit 8'";
    for (const auto& [malloc, status] :
         std::vector<std::pair<std::string, int>>{{"mimalloc", 8}, {"jemalloc", 8}, {"glibc", 3}}) {
        ebb::bench::command what;
        what.words = {"/bin/sh", "-c", script, EBB_PROGRAM, malloc};
        if (ebb::sanitized) {
            GTEST_SKIP() << "ebb itself can't have another malloc here";
        }
        const auto end = ebb::bench::run(what, [](std::string_view) {});
        EXPECT_EQ(end.status, status) << malloc << ": " << end.errors;
    }
}

TEST(ebb_run, static_program_is_refused) {
    const ran r = run_words("glibc", {EBB_STATIC_SUBJECT, "state"});
    EXPECT_EQ(r.p.end.status, 3);
    EXPECT_EQ(r.p.text, "");
    EXPECT_EQ(r.p.error_lines(), 1);
    EXPECT_THAT(r.p.end.errors, HasSubstr("is statically linked"));
    // A script of it.
    const folder files;
    std::ofstream(files.file("script")) << "#!" << EBB_STATIC_SUBJECT << " state\n";
    ::chmod(files.file("script").c_str(), 0755);
    EXPECT_EQ(run_words("glibc", {files.file("script")}).p.end.status,
              std::string(EBB_STATIC_SUBJECT).find(' ') == std::string::npos ? 3 : 126);
}

TEST(ebb_run, program_that_gains_rights_is_refused) {
    const folder files;
    const std::string program = files.file("gains");
    fs::copy_file("/bin/true", program);
    struct statvfs mount {};
    if (::chown(program.c_str(), 65534, 65534) != 0 || ::chmod(program.c_str(), 04755) != 0 ||
        ::statvfs(program.c_str(), &mount) != 0 || (mount.f_flag & ST_NOSUID) != 0) {
        GTEST_SKIP() << "needs root and a folder where set-user-ID counts";
    }
    const ran r = run_words("glibc", {program});
    EXPECT_EQ(r.p.end.status, 3);
    EXPECT_THAT(r.p.end.errors, HasSubstr("gains rights"));
}

TEST(ebb_run, paths_may_hold_spaces) {
    const folder files;
    const std::string library = files.file("lib my malloc.so");
    const std::string program = files.file("my program");
    fs::copy_file(EBB_TOY, library);
    fs::copy_file(EBB_SUBJECT, program);
    const ran r = run_words(library, {program, "hold", "1"});
    EXPECT_EQ(r.p.end.status, 0) << r.p.end.errors;
    ASSERT_TRUE(r.report.is_object());
    EXPECT_EQ(r.report.at("processes").at(0).at("malloc"), library);
    EXPECT_EQ(r.report.at("processes").at(0).at("program"), program);
}

TEST(ebb_run, text_without_a_first_line_goes_to_the_shell) {
    const folder files;
    std::ofstream(files.file("script")) << "exit 12\n";
    ::chmod(files.file("script").c_str(), 0755);
    EXPECT_EQ(run_words("glibc", {files.file("script")}).p.end.status, 12);
}

TEST(ebb_run, program_that_cannot_be_started_ends_as_a_shell_would) {
    EXPECT_EQ(run_words("glibc", {"no-such-program-here"}).p.end.status, 127);
    EXPECT_EQ(run_words("glibc", {"/nowhere/program"}).p.end.status, 127);
    EXPECT_EQ(run_words("glibc", {"/"}).p.end.status, 126);
    EXPECT_EQ(run_words("glibc", {EBB_DOCS "/ebb.1"}).p.end.status, 126);
    for (const char* const program : {"no-such-program-here", "/"}) {
        EXPECT_EQ(run_words("glibc", {program}).p.error_lines(), 1);
    }
}

TEST(ebb_run, leaves_nothing_in_the_folder_for_temporary_files) {
    const folder files;
    ebb::bench::command what;
    const fs::path tmp = fs::temp_directory_path() / ("ebb-tmp-" + std::to_string(::getpid()));
    fs::create_directory(tmp);
    what.words = {EBB_PROGRAM, "run", "--malloc=glibc", "-o", "/dev/null", "--", "/bin/true"};
    what.environment = {"TMPDIR=" + tmp.string()};
    EXPECT_TRUE(ebb::bench::run(what, [](std::string_view) {}).good());
    EXPECT_TRUE(fs::is_empty(tmp));
    fs::remove_all(tmp);
}
