// Worlds that are hostile to a malloc, and what programs do in them: each cell behaves as with
// libc's malloc. (refusals.cpp has the single system calls that are refused.)
//
//     world    a filter that kills, limits, locked memory, no mapping left, no rights, no /proc ...
//     use      start, a peak, threads, a fork, another program
#include <gtest/gtest.h>
#include <sched.h>
#include <tests/alloc/dropin/uses.h>
#include <tests/support/forked.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

constexpr int not_here = 77;

// What ebb may ask of the kernel after load, and what these uses and their ends ask themselves.
constexpr unsigned of_ebb[] = {SYS_mmap,     SYS_munmap,  SYS_mremap,
                               SYS_mprotect, SYS_madvise, SYS_futex};
constexpr unsigned of_ebb_beside_threads[] = {SYS_membarrier, SYS_sched_yield};
constexpr unsigned of_the_test[] = {
    SYS_clone, SYS_clone3, SYS_set_robust_list, SYS_rseq,        SYS_rt_sigprocmask, SYS_exit,
    SYS_wait4, SYS_prctl,  SYS_getppid,         SYS_getpid,      SYS_gettid,         SYS_exit_group,
    SYS_write, SYS_brk,    SYS_rt_sigreturn,    SYS_rt_sigaction};

// Kills on everything else.
bool kill_on_other_calls(bool beside_threads) {
    std::vector<sock_filter> program{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
    const auto allow = [&](unsigned number) {
        program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1));
        program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    };
    for (const unsigned number : of_ebb) {
        allow(number);
    }
    for (const unsigned number : of_the_test) {
        allow(number);
    }
    if (beside_threads) {
        for (const unsigned number : of_ebb_beside_threads) {
            allow(number);
        }
    }
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
    const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

bool limit(int what, rlim_t to) {
    const rlimit both{to, to};
    return ::setrlimit(static_cast<__rlimit_resource>(what), &both) == 0;
}

// Mappings of a page each, with other rights than their neighbours', until there are no more.
bool use_up_mappings() {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    constexpr std::size_t most = 100'000;
    void* const pages =
        ::mmap(nullptr, most * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (pages == MAP_FAILED) {
        return false;
    }
    for (std::size_t i = 0; i < most; i += 2) {
        if (::mprotect(static_cast<char*>(pages) + i * page, page, PROT_READ) != 0) {
            // As a program at its limit: a few are left, for a thread's stack and the like.
            for (std::size_t n = 2; n <= 40 && n <= i; n += 2) {
                ::mprotect(static_cast<char*>(pages) + (i - n) * page, page, PROT_NONE);
            }
            return true;
        }
    }
    return false; // another kernel's limit
}

bool become_nobody() {
    constexpr uid_t nobody = 65534;
    return ::setgid(nobody) == 0 && ::setuid(nobody) == 0;
}

struct world {
    const char* name;
    bool (*enter)();
    const char* options = nullptr; // that the library needs there: docs/libebbmalloc.7
};
constexpr world worlds[] = {
    {"as ever", [] { return true; }},
    {"a filter that kills", [] { return kill_on_other_calls(false); }},
    {"a filter that kills, but not on what threads need", [] { return kill_on_other_calls(true); },
     "thread:off"},
    {"an address space of 1 GB", [] { return limit(RLIMIT_AS, rlim_t{1} << 30U); }},
    {"data of 300 MB", [] { return limit(RLIMIT_DATA, rlim_t{300} << 20U); }},
    {"no process or thread more", [] { return become_nobody() && limit(RLIMIT_NPROC, 1); }},
    {"all memory locked", [] { return ::mlockall(MCL_CURRENT | MCL_FUTURE) == 0; }},
    {"no mapping left", use_up_mappings},
    {"another user", become_nobody},
    {"no files, /proc among them", [] { return ::chroot("/proc/self/fdinfo") == 0; }}, // bare
    {"a real-time thread",
     [] {
         const sched_param priority{1};
         return ::sched_setscheduler(0, SCHED_FIFO, &priority) == 0;
     }},
};

struct use {
    const char* name;
    void (*run)();
};
constexpr use uses[] = {
    {"blocks", tests::use_alone},
    {"peak", tests::use_for_a_peak},
    {"threads", tests::use_in_threads},
    {"fork", tests::use_in_a_child},
};

// This program again, with words that main() below knows. Only where it can't be started it
// returns.
void execute(const std::vector<const char*>& words, const char* options) {
    std::vector<char*> all;
    for (const char* word : words) {
        all.push_back(const_cast<char*>(word));
    }
    all.push_back(nullptr);
    const std::string variable = std::string("EBB_OPTIONS=") + (options == nullptr ? "" : options);
    char* environment[] = {options == nullptr ? nullptr : const_cast<char*>(variable.c_str()),
                           nullptr};
    ::execve("/proc/self/exe", all.data(), environment);
}

int run_in(const world& w, const use& u, bool is_late) {
    if (is_late) {
        tests::use_blocks();
    }
    if (!w.enter()) {
        return not_here;
    }
    u.run();
    return 0;
}

// Which cells there can't be: the world has no such thing.
bool can_be(const world& w, const use& u) {
    const std::string name = w.name;
    const bool is_alone = std::string(u.name) == "blocks" || std::string(u.name) == "peak";
    if (name == "a filter that kills") {
        return is_alone;
    }
    return name != "no process or thread more" || std::string(u.name) != "fork";
}

class worlds_of_a_malloc : public testing::TestWithParam<use> {};

TEST_P(worlds_of_a_malloc, are_as_with_libcs) {
    int tried = 0;
    for (const world& w : worlds) {
        if (!can_be(w, GetParam())) {
            continue;
        }
        SCOPED_TRACE(w.name);
        // Each in a child that has used memory before, and in one that hasn't.
        for (const bool is_late : {false, true}) {
            const int status = tests::status_of_child([&] {
                if (w.options != nullptr) {
                    execute({"worlds", "--in", w.name, GetParam().name, is_late ? "late" : "early"},
                            w.options);
                    _exit(1);
                }
                _exit(run_in(w, GetParam(), is_late));
            });
            if (!WIFEXITED(status) || WEXITSTATUS(status) != not_here) {
                EXPECT_EQ(status, 0) << (is_late ? "late" : "early");
                ++tried;
            }
        }
    }
    EXPECT_GE(tried, 4) << "these worlds need no rights";
}

// A program that is started in such a world, by this one with arguments (main below).
TEST_P(worlds_of_a_malloc, are_so_from_the_start) {
    for (const world& w : worlds) {
        // A filter that kills lets no program be started, and without files there is none.
        const std::string name = w.name;
        if (name.starts_with("a filter") || name.starts_with("no files") ||
            name == "no mapping left" || !can_be(w, GetParam())) {
            continue;
        }
        SCOPED_TRACE(w.name);
        const int status = tests::status_of_child([&] {
            if (!w.enter()) {
                _exit(not_here);
            }
            execute({"worlds", "--use", GetParam().name}, nullptr);
            _exit(not_here); // another user may not run it
        });
        if (!WIFEXITED(status) || WEXITSTATUS(status) != not_here) {
            EXPECT_EQ(status, 0);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(uses, worlds_of_a_malloc, testing::ValuesIn(uses),
                         [](const auto& each) { return std::string(each.param.name); });

template <class Named, std::size_t Count>
const Named* find(const Named (&all)[Count], const char* name) {
    for (const Named& each : all) {
        if (std::strcmp(each.name, name) == 0) {
            return &each;
        }
    }
    return nullptr;
}

} // namespace

// --use USE, or --in WORLD USE late|early.
int main(int count, char** words) {
    if (count == 3 && std::strcmp(words[1], "--use") == 0) {
        find(uses, words[2])->run();
        return 0;
    }
    if (count == 5 && std::strcmp(words[1], "--in") == 0) {
        return run_in(*find(worlds, words[2]), *find(uses, words[3]),
                      std::strcmp(words[4], "late") == 0);
    }
    testing::InitGoogleTest(&count, words);
    return RUN_ALL_TESTS();
}
