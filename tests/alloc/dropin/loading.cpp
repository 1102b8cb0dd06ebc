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

// Megabytes that the subject still holds a second after it freed 100.
int megabytes_kept(std::vector<std::string> settings) {
    settings.push_back(preload);
    const ended e = run({subject, "sleep"}, settings);
    EXPECT_TRUE(e.well()) << e.status << e.text;
    return std::atoi(e.text.c_str());
}

TEST(dropin_loading, keeps_or_returns_pages_as_its_options_say) {
    EXPECT_LT(megabytes_kept({"EBB_OPTIONS"}), 20);
    EXPECT_LT(megabytes_kept({"EBB_OPTIONS=purge_ms:100,thread:on"}), 20);
    EXPECT_GT(megabytes_kept({"EBB_OPTIONS=purge_ms:never"}), 90);
    EXPECT_GT(megabytes_kept({"EBB_OPTIONS=thread:off"}), 90) << "no call after the peak";
    EXPECT_GT(megabytes_kept({"EBB_OPTIONS=purge_ms:3600000"}), 90);
}

TEST(dropin_loading, tells_each_option_that_it_does_not_know_once) {
    constexpr const char* accepted =
        ": not one of purge_ms:0..3600000 or never, thread:on or off\n";
    for (const char* bad : {"colour:red", "purge_ms", "purge_ms:", "purge_ms:x", "purge_ms:-1",
                            "purge_ms:3600001", "purge_ms:1 ", "thread:maybe", "Thread:on"}) {
        // Between two that are right.
        const ended e = run({subject, "work"}, {preload, std::string("EBB_OPTIONS=thread:on,") +
                                                             bad + ",purge_ms:never"});
        EXPECT_TRUE(e.well());
        EXPECT_EQ(e.text, std::string("ebb: EBB_OPTIONS: ") + bad + accepted) << "once";
    }
    const ended both = run({subject, "sleep"}, {preload, "EBB_OPTIONS=a:b,purge_ms:never"});
    EXPECT_EQ(both.text.find("ebb: EBB_OPTIONS: a:b: not one of"), 0U) << both.text;
    EXPECT_GT(std::atoi(both.text.c_str() + both.text.find('\n') + 1), 90)
        << "the right one counts";
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
