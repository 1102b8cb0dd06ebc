// How libebbmalloc.so comes into a process, what it takes there, and what EBB_OPTIONS do.
#include <elf.h>
#include <gtest/gtest.h>
#include <tests/support/child.h>

#include <link.h>
#include <sys/stat.h>

#include <cstring>
#include <filesystem>

namespace {

using tests::ended;
using tests::run;

const std::string subject = EBB_SUBJECT;
const std::string static_subject = EBB_STATIC_SUBJECT;
const std::string module = EBB_MODULE;
const std::string library = EBB_LIBRARY;
const std::string preload = "LD_PRELOAD=" EBB_LIBRARY;

TEST(dropin_loading, takes_little_static_thread_local_storage) {
    struct {
        std::size_t bytes = 0;
        bool found = false;
    } tls;
    dl_iterate_phdr(
        [](dl_phdr_info* info, std::size_t, void* to) {
            if (std::strstr(info->dlpi_name, "libebbmalloc") == nullptr) {
                return 0;
            }
            auto& t = *static_cast<decltype(tls)*>(to);
            t.found = true;
            for (int i = 0; i < info->dlpi_phnum; ++i) {
                if (info->dlpi_phdr[i].p_type == PT_TLS) {
                    t.bytes += info->dlpi_phdr[i].p_memsz;
                }
            }
            return 1;
        },
        &tls);
    ASSERT_TRUE(tls.found);
    EXPECT_GT(tls.bytes, 0U);
    EXPECT_LE(tls.bytes, 64U) << "libraries share 1.6 KB with everybody whom dlopen brings";
}

// Of which a library's constructor registered handlers of a fork before any other's ran, that
// allocate.
TEST(dropin_loading, serves_a_program_that_it_is_preloaded_into) {
    const ended e = run({subject, "work"}, {preload});
    EXPECT_TRUE(e.well()) << e.status << e.text;
}

TEST(dropin_loading, serves_a_program_that_it_is_linked_into) {
    const ended e = run({static_subject, "work"}, {"EBB_OPTIONS=here:yes"});
    EXPECT_TRUE(e.well()) << e.status;
    EXPECT_EQ(e.text.find("ebb: EBB_OPTIONS: here:yes: not one of"), 0U) << e.text;
}

TEST(dropin_loading, lets_modules_come_and_go) {
    const ended e = run({subject, "modules", module, "50"}, {preload});
    EXPECT_TRUE(e.well()) << e.status << e.text;
}

TEST(dropin_loading, survives_its_own_dlclose) {
    const ended e = run({subject, "load-malloc", module, library});
    EXPECT_TRUE(e.well()) << e.status << e.text;
}

TEST(dropin_loading, is_loaded_late_beside_modules_with_thread_local_storage) {
    // Copies are modules of their own to the dynamic linker. Glibc has 1.6 KB for all.
    const std::filesystem::path folder = testing::TempDir() + "ebb_modules";
    std::filesystem::create_directories(folder);
    std::vector<std::string> words{subject, "load-malloc"};
    for (int i = 0; i < 12; ++i) {
        words.push_back(folder / ("module" + std::to_string(i) + ".so"));
        std::filesystem::copy_file(module, words.back(),
                                   std::filesystem::copy_options::overwrite_existing);
    }
    words.push_back(library);
    const ended e = run(words);
    EXPECT_TRUE(e.well()) << e.status << e.text;

    if (std::filesystem::exists(EBB_PYTHON)) { // the same from Python, with ebb there first
        std::string script = "import ctypes, threading\n";
        for (std::size_t i = 2; i + 1 < words.size(); ++i) {
            script += "m = ctypes.CDLL('" + words[i] + "')\nassert m.module_answer() == 698500\n";
        }
        script += "t = [threading.Thread(target=m.module_answer) for i in range(20)]\n"
                  "[x.start() for x in t]\n[x.join() for x in t]\nprint('done')\n";
        const ended python = run({EBB_PYTHON, "-c", script}, {preload});
        EXPECT_TRUE(python.well() && python.text == "done\n") << python.status << python.text;
    }
    std::filesystem::remove_all(folder);
}

TEST(dropin_loading, serves_a_program_that_locks_its_memory) {
    const ended e = run({subject, "locked"}, {preload});
    if (WIFEXITED(e.status) && WEXITSTATUS(e.status) == 3) {
        GTEST_SKIP() << "too little memory may be locked here";
    }
    EXPECT_TRUE(e.well()) << e.status << e.text;
}

// A subject that freed 100 MB and calls malloc no more, alone or with a thread that sleeps.
struct resting {
    int megabytes = 0;  ///< that it holds
    std::string thread; ///< for how many milliseconds at a time ebb's thread sleeps, or `alone`
};
resting at_rest(const std::string& options, const char* company = "one") {
    const ended e = run({subject, "rest", company}, {preload, options});
    EXPECT_TRUE(e.well()) << e.status << e.text;
    const std::size_t line = e.text.rfind('\n', e.text.size() - 2) + 1; // behind complaints
    const std::size_t space = e.text.find(' ', line);
    return {std::atoi(e.text.c_str() + line), e.text.substr(space + 1, e.text.size() - space - 2)};
}

TEST(dropin_loading, returns_pages_by_itself) {
    for (const char* options :
         {"EBB_OPTIONS", "EBB_OPTIONS=thread:off", "EBB_OPTIONS=purge_ms:100,thread:on"}) {
        const ended e = run({subject, "shrink"}, {preload, options});
        EXPECT_TRUE(e.well()) << e.status << e.text;
    }
}

// One thread: nobody beside it, and what exceeds the bound has gone with the calls. Two: ebb's is
// there, unless it is turned off.
TEST(dropin_loading, has_a_thread_beside_two_of_the_program_or_as_its_options_say) {
    for (const char* options :
         {"EBB_OPTIONS", "EBB_OPTIONS=thread:off", "EBB_OPTIONS=purge_ms:50"}) {
        const resting r = at_rest(options);
        EXPECT_EQ(r.thread, "alone") << options;
        EXPECT_LT(r.megabytes, 20) << options;
    }
    const resting kept = at_rest("EBB_OPTIONS=purge_ms:never");
    EXPECT_EQ(kept.thread, "alone");
    EXPECT_GT(kept.megabytes, 90);
    EXPECT_NE(at_rest("EBB_OPTIONS=thread:on").thread, "alone");
    EXPECT_NE(at_rest("EBB_OPTIONS", "two").thread, "alone");
    EXPECT_EQ(at_rest("EBB_OPTIONS=thread:off", "two").thread, "alone");
}

// ebb's thread doesn't keep a process alive whose main thread left.
TEST(dropin_loading, ends_with_the_last_thread_of_the_program) {
    const ended e = run({subject, "leave"}, {preload});
    EXPECT_TRUE(e.well()) << e.status << e.text;
}

TEST(dropin_loading, tells_each_option_that_it_does_not_know_once) {
    constexpr const char* accepted =
        ": not one of purge_ms:0..3600000 or never, thread:auto, on or off, names:on or off\n";
    for (const char* bad : {"colour:red", "purge_ms", "purge_ms:", "purge_ms:x", "purge_ms:-1",
                            "purge_ms:3600001", "purge_ms:1 ", "thread:maybe", "Thread:on"}) {
        // Between two that are right.
        const ended e = run({subject, "work"}, {preload, std::string("EBB_OPTIONS=thread:auto,") +
                                                             bad + ",purge_ms:never"});
        EXPECT_TRUE(e.well());
        EXPECT_EQ(e.text, std::string("ebb: EBB_OPTIONS: ") + bad + accepted) << "once";
    }
    // However long, and whatever is in it, it is one line.
    for (const std::string& bad : {std::string(97, 'x'), std::string(1000, 'x')}) {
        const ended e = run({subject, "work"}, {preload, "EBB_OPTIONS=" + bad});
        EXPECT_EQ(e.text, "ebb: EBB_OPTIONS: " + std::string(96, 'x') + "..." + accepted);
    }
    const ended broken = run({subject, "work"}, {preload, "EBB_OPTIONS=a\nb:\x1b[1m"});
    EXPECT_EQ(broken.text, std::string("ebb: EBB_OPTIONS: a?b:?[1m") + accepted);
    const ended both = run({subject, "work"}, {preload, "EBB_OPTIONS=a:b,purge_ms:never"});
    EXPECT_EQ(both.text.find("ebb: EBB_OPTIONS: a:b: not one of"), 0U) << both.text;
    EXPECT_GT(at_rest("EBB_OPTIONS=a:b,purge_ms:never").megabytes, 90) << "the right one counts";
    const ended none = run({subject, "work"}, {preload, "EBB_OPTIONS=,,"});
    EXPECT_EQ(none.text, "");
}

// A program with more rights than who starts it: a set-user-ID copy, started by nobody.
TEST(dropin_loading, ignores_options_under_secure_execution) {
    const std::string copy = testing::TempDir() + "ebb_secure_" + std::to_string(getpid());
    constexpr const char* setpriv = "/usr/bin/setpriv";
    if (getuid() != 0 || !std::filesystem::exists(setpriv)) {
        GTEST_SKIP() << "takes root and setpriv";
    }
    std::filesystem::copy_file(static_subject, copy);
    const std::vector<std::string> as_nobody{setpriv, "--reuid=65534", "--clear-groups", copy,
                                             "work"};
    chmod(copy.c_str(), 0755);
    const ended plain = run(as_nobody, {"EBB_OPTIONS=here:yes"});
    chmod(copy.c_str(), 04755);
    const ended secure = run(as_nobody, {"EBB_OPTIONS=here:yes"});
    std::filesystem::remove(copy);
    EXPECT_TRUE(plain.well() && secure.well()) << plain.text << secure.text;
    EXPECT_NE(plain.text, "");
    EXPECT_EQ(secure.text, "");
}

} // namespace
