// ebb's own thread in a program that links libebbmalloc.so: when it is there, as whom it runs, and
// that the program's threads come first.
#include <gtest/gtest.h>
#include <sched.h>
#include <tests/support/forked.h>
#include <tests/support/tasks.h>
#include <tests/support/wait.h>
#include <threads.h>

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace {

using tests::ebbs_thread;
using tests::status_of_child;
using tests::tasks;
using tests::wait_until;

std::string field_of(const std::string& thread, const std::string& name) {
    std::ifstream status("/proc/self/task/" + thread + "/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with(name)) {
            return line.substr(name.size());
        }
    }
    return "";
}

// A thread that allocates once and then waits until it is told to end.
class company {
  public:
    company()
        : thread_([this] {
              std::free(std::malloc(1000));
              here_ = true;
              tests::wait_until([this] { return ends_.load(); });
          }) {
        tests::wait_until([this] { return here_.load(); });
    }
    ~company() {
        ends_ = true;
        thread_.join();
    }
    company(const company&) = delete;
    company& operator=(const company&) = delete;

  private:
    std::atomic<bool> here_{false};
    std::atomic<bool> ends_{false};
    std::thread thread_;
};

void peak() {
    std::vector<void*> blocks(50'000);
    for (void*& p : blocks) {
        p = std::malloc(1000);
        std::memset(p, 1, 1000);
    }
    for (void* p : blocks) {
        std::free(p);
    }
}

bool is_alone() {
    return tasks().size() == 1;
}

TEST(companion, is_there_beside_two_threads_and_goes_with_the_second) {
    peak();
    EXPECT_TRUE(is_alone()) << "one thread has nobody beside it, whatever it frees";
    for (int round = 0; round < 20; ++round) {
        {
            const company second;
            wait_until([] { return !ebbs_thread().empty(); });
            const company third;
            EXPECT_EQ(tasks().size(), 4U) << "one of ebb's, however many there are";
            peak();
        }
        wait_until(is_alone);
    }
}

// Threads that libc starts itself count from their first malloc, and start none of ebb's.
TEST(companion, is_not_started_by_threads_of_libc) {
    static std::atomic<int> state{0};
    thrd_t thread{};
    ASSERT_EQ(thrd_create(
                  &thread,
                  [](void*) {
                      std::free(std::malloc(1000));
                      state = 1;
                      wait_until([] { return state == 2; });
                      return 0;
                  },
                  nullptr),
              thrd_success);
    wait_until([] { return state == 1; });
    peak();
    EXPECT_EQ(tasks().size(), 2U);
    state = 2;
    thrd_join(thread, nullptr);
    wait_until(is_alone);
}

TEST(companion, blocks_signals_and_has_the_processes_processors) {
    const company second;
    wait_until([] { return !ebbs_thread().empty(); });
    // All but SIGKILL and SIGSTOP, which none can block, and libc's own two.
    EXPECT_EQ(field_of(ebbs_thread(), "SigBlk:"), "\tfffffffe7ffbfeff");
    EXPECT_EQ(field_of(ebbs_thread(), "Cpus_allowed:"),
              field_of(std::to_string(getpid()), "Cpus_allowed:"));
}

TEST(companion, gets_the_rights_that_the_program_gives_itself) {
    if (getuid() != 0) {
        GTEST_SKIP() << "takes root";
    }
    const int status = status_of_child([] {
        const company second;
        wait_until([] { return !ebbs_thread().empty(); });
        if (setgid(65534) != 0 || setuid(65534) != 0) { // waits for every thread's answer
            return false;
        }
        return field_of(ebbs_thread(), "Uid:") == "\t65534\t65534\t65534\t65534" &&
               field_of(ebbs_thread(), "CapEff:") == "\t0000000000000000";
    });
    EXPECT_EQ(status, 0);
}

TEST(companion, is_no_real_time_thread) {
    const int status = status_of_child([] {
        const sched_param first{1};
        if (sched_setscheduler(0, SCHED_FIFO, &first) != 0) {
            _exit(3);
        }
        const company second;
        wait_until([] { return !ebbs_thread().empty(); });
        return sched_getscheduler(std::atoi(ebbs_thread().c_str())) == SCHED_OTHER;
    });
    if (WIFEXITED(status) && WEXITSTATUS(status) == 3) {
        GTEST_SKIP() << "no real-time thread may be had here";
    }
    EXPECT_EQ(status, 0);
}

// A namespace of users is granted to a process of one thread alone. Its threads came and went.
TEST(companion, lets_a_process_be_single_threaded_again) {
    const int status = status_of_child([] {
        {
            const company second;
            wait_until([] { return !ebbs_thread().empty(); });
            peak();
        }
        wait_until(is_alone);
        return unshare(CLONE_NEWUSER) == 0 || errno != EINVAL;
    });
    EXPECT_EQ(status, 0);
    const company second;
    wait_until([] { return !ebbs_thread().empty(); });
    EXPECT_EQ(status_of_child([] {
                  peak();
                  return is_alone() && (unshare(CLONE_NEWUSER) == 0 || errno != EINVAL);
              }),
              0)
        << "a forked child starts without a thread";
    EXPECT_EQ(status_of_child([] {
                  const company own;
                  wait_until([] { return !ebbs_thread().empty(); });
                  return true;
              }),
              0)
        << "and has one when it has a second";
}

// The system has room for so many threads: the program gets them all.
TEST(companion, ends_where_the_program_wants_its_place) {
    if (getuid() != 0) {
        GTEST_SKIP() << "takes root, to become somebody else";
    }
    const int status = status_of_child([] {
        constexpr rlim_t most = 6;
        const auto own_user =
            static_cast<uid_t>(20'000 + getpid() % 40'000); // the limit is a user's
        const rlimit limit{most, most};
        if (setrlimit(RLIMIT_NPROC, &limit) != 0 || setuid(own_user) != 0) {
            _exit(3);
        }
        static std::atomic<bool> end{false};
        std::vector<pthread_t> threads;
        for (;;) {
            pthread_t thread{};
            if (pthread_create(
                    &thread, nullptr,
                    [](void*) -> void* {
                        wait_until([] { return end.load(); });
                        return nullptr;
                    },
                    nullptr) != 0) {
                break;
            }
            threads.push_back(thread);
        }
        const bool all = threads.size() == most - 1 && ebbs_thread().empty();
        end = true;
        for (const pthread_t thread : threads) {
            pthread_join(thread, nullptr);
        }
        wait_until(is_alone);
        const company second;
        wait_until([] { return !ebbs_thread().empty(); }); // it comes again
        return all;
    });
    if (WIFEXITED(status) && WEXITSTATUS(status) == 3) {
        GTEST_SKIP() << "no limit may be set here";
    }
    EXPECT_EQ(status, 0);
}

// What others hold while they sleep goes too: the pages under a random hundredth stay, and little
// else.
TEST(companion, gives_back_while_everybody_sleeps) {
    const company second;
    wait_until([] { return !ebbs_thread().empty(); });
    const auto anonymous_megabytes = [] {
        std::ifstream rollup("/proc/self/smaps_rollup");
        for (std::string line; std::getline(rollup, line);) {
            if (line.starts_with("Anonymous:")) {
                return std::atoi(line.c_str() + 10) / 1024;
            }
        }
        return 0;
    };
    const int before = anonymous_megabytes();
    peak();
    wait_until([&] { return anonymous_megabytes() <= before + 1; });
}

} // namespace
