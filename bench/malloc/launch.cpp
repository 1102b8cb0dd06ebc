// This process holds little itself: ru_maxrss of a child starts with what its parent held at fork.
#include <ebb/bench/malloc/launch.h>
#include <ebb/bench/process/figure.h>

#include <time.h>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace ebb::bench::suite {
namespace {

double now() {
    timespec t{};
    ::clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

double seconds(const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
}

pid_t start(const char* library, char** words) {
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child != 0) {
        return child;
    }
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int nowhere = ::open("/dev/null", O_RDWR);
    if (::getppid() != parent || nowhere < 0) {
        ::_exit(127);
    }
    ::dup2(nowhere, STDIN_FILENO);
    ::dup2(nowhere, STDOUT_FILENO);
    if (library != nullptr) {
        ::setenv("LD_PRELOAD", library, 1);
    }
    ::execvp(words[0], words);
    std::fprintf(stderr, "%s: %s\n", words[0], std::strerror(errno));
    ::_exit(127);
}

// Whether the child ended as it should: status 0.
bool good_end(pid_t child, const char* name, rusage* used) {
    int status = 0;
    while (::wait4(child, &status, 0, used) < 0) {
        if (errno != EINTR) {
            return false;
        }
    }
    if (WIFSIGNALED(status)) {
        std::fprintf(stderr, "%s: ended by signal %d (%s)\n", name, WTERMSIG(status),
                     ::strsignal(WTERMSIG(status)));
    } else if (WEXITSTATUS(status) != 0) {
        std::fprintf(stderr, "%s: exit status %d\n", name, WEXITSTATUS(status));
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// Up to ten seconds; false too when the server ends before.
bool comes_up(pid_t server, const char* socket) {
    for (int n = 0; n < 1000; ++n) {
        struct stat found {};
        if (::stat(socket, &found) == 0) {
            return true;
        }
        siginfo_t ended{};
        if (::waitid(P_PID, static_cast<id_t>(server), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
            ended.si_pid != 0) {
            return false;
        }
        const timespec hundredth{0, 10'000'000};
        ::nanosleep(&hundredth, nullptr);
    }
    return false;
}

} // namespace

int launch(const char* library, char** words, const char* socket, char** client) {
    if (socket != nullptr) {
        ::unlink(socket); // what a server left that was killed
    }
    double begun = now();
    const pid_t child = start(library, words);
    if (child < 0) {
        std::perror("fork");
        return 1;
    }
    bool good = true;
    double ended = 0;
    if (socket != nullptr) {
        good = comes_up(child, socket);
        if (!good) {
            std::fprintf(stderr, "%s: no socket %s after 10 s\n", words[0], socket);
        } else {
            begun = now();
            const pid_t asking = start(nullptr, client);
            good = asking > 0 && good_end(asking, client[0], nullptr);
            ended = now();
        }
        ::kill(child, SIGTERM);
    }
    rusage used{};
    good = good_end(child, words[0], &used) && good;
    if (!good) {
        return 1;
    }
    print_figure("wall", (socket == nullptr ? now() : ended) - begun);
    print_figure("cpu", seconds(used.ru_utime) + seconds(used.ru_stime));
    print_figure("peak", static_cast<double>(used.ru_maxrss) * 1024);
    print_figure("faults", static_cast<double>(used.ru_minflt));
    return 0;
}

} // namespace ebb::bench::suite
