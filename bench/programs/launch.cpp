#include <ebb/bench/programs/launch.h>
#include <ebb/bench/programs/program.h>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <system_error>

namespace ebb::bench {
namespace {

constexpr std::array<int, 6> handed_on{SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};

volatile std::sig_atomic_t child_now = 0;
volatile std::sig_atomic_t last_signal = 0;

// The terminal sends its signals to the whole foreground group, the child included: to hand those
// on would double them.
extern "C" void hand_on(int signal, siginfo_t* about, void*) {
    const int error = errno;
    last_signal = signal;
    if (child_now > 0 && about->si_code <= 0) {
        ::kill(child_now, signal);
    }
    errno = error;
}

// Signals as ebb got them, for the child; handed on meanwhile. What is ignored stays ignored.
class signals_aside {
  public:
    signals_aside() {
        sigset_t all;
        sigemptyset(&all);
        for (const int signal : handed_on) {
            sigaddset(&all, signal);
        }
        ::sigprocmask(SIG_BLOCK, &all, &mask_);
        last_signal = 0;
        struct sigaction handler {};
        handler.sa_sigaction = &hand_on;
        handler.sa_flags = SA_SIGINFO | SA_RESTART;
        sigemptyset(&handler.sa_mask);
        for (std::size_t i = 0; i < handed_on.size(); ++i) {
            ::sigaction(handed_on[i], nullptr, &before_[i]);
            if (before_[i].sa_handler != SIG_IGN) {
                ::sigaction(handed_on[i], &handler, nullptr);
            }
        }
        // Ignored children leave nothing to wait for.
        struct sigaction usual {};
        usual.sa_handler = SIG_DFL;
        ::sigaction(SIGCHLD, &usual, &children_);
    }
    signals_aside(const signals_aside&) = delete;
    signals_aside& operator=(const signals_aside&) = delete;
    ~signals_aside() {
        child_now = 0;
        as_before();
    }
    // For the child as well: async-signal-safe.
    void as_before() const {
        for (std::size_t i = 0; i < handed_on.size(); ++i) {
            ::sigaction(handed_on[i], &before_[i], nullptr);
        }
        ::sigaction(SIGCHLD, &children_, nullptr);
        let_in();
    }
    void let_in() const { ::sigprocmask(SIG_SETMASK, &mask_, nullptr); }

  private:
    sigset_t mask_{};
    std::array<struct sigaction, handed_on.size()> before_{};
    struct sigaction children_ {};
};

std::vector<char*> pointers_to(const std::vector<std::string>& strings) {
    std::vector<char*> pointers;
    for (const std::string& s : strings) {
        pointers.push_back(const_cast<char*>(s.c_str())); // exec changes nothing
    }
    pointers.push_back(nullptr);
    return pointers;
}

double seconds_of(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

std::uint64_t bytes_of(long kilobytes) {
    return static_cast<std::uint64_t>(kilobytes) * 1024;
}

std::uint64_t own_peak() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return bytes_of(usage.ru_maxrss);
}

// The end of an open call in the child: only async-signal-safe calls.
void put(int descriptor, int at) {
    if (descriptor >= 0) {
        ::dup2(descriptor, at);
        ::close(descriptor);
    }
}

void quiet_streams(const char* errors_to) {
    put(::open("/dev/null", O_RDONLY), STDIN_FILENO);
    put(::open("/dev/null", O_WRONLY), STDOUT_FILENO);
    put(::open(errors_to, O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
}

} // namespace

std::string launched::words() const {
    return signal != 0 ? "signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")"
                       : "exit " + std::to_string(status);
}

launched launch(const launch_plan& what) {
    const std::vector<char*> arguments = pointers_to(what.words);
    const std::vector<char*> variables = pointers_to(what.environment);
    std::vector<std::string> shell_words{"/bin/sh", what.path};
    shell_words.insert(shell_words.end(), what.words.begin() + 1, what.words.end());
    const std::vector<char*> shell = pointers_to(shell_words);
    const char* const errors_to = what.errors_to ? what.errors_to->c_str() : nullptr;
    std::array<int, 2> failure{}; // closed by a successful exec, else carries its errno
    if (::pipe2(failure.data(), O_CLOEXEC) != 0) {
        throw std::system_error(errno, std::generic_category(), "pipe");
    }
    launched result;
    const std::uint64_t peak_before = own_peak();
    const signals_aside aside;
    const pid_t parent = ::getpid();
    const auto begun = std::chrono::steady_clock::now();
    result.pid = ::fork();
    if (result.pid == 0) {
        // Only async-signal-safe calls from here to exec.
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) {
            ::_exit(127);
        }
        if (errors_to != nullptr) {
            quiet_streams(errors_to);
        }
        aside.as_before();
        ::execve(what.path.c_str(), arguments.data(), variables.data());
        int error = errno;
        if (error == ENOEXEC) { // a script without a first line, as execvp takes it
            ::execve(shell_words[0].c_str(), shell.data(), variables.data());
            error = errno;
        }
        [[maybe_unused]] const ssize_t written = ::write(failure[1], &error, sizeof error);
        ::_exit(127);
    }
    const int fork_error = errno;
    ::close(failure[1]);
    if (result.pid < 0) {
        ::close(failure[0]);
        throw std::system_error(fork_error, std::generic_category(), "fork");
    }
    child_now = result.pid;
    aside.let_in();
    int status = 0;
    rusage usage{};
    while (::wait4(result.pid, &status, 0, &usage) < 0 && errno == EINTR) {
    }
    child_now = 0;
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begun;
    int error = 0;
    const bool failed =
        ::read(failure[0], &error, sizeof error) == static_cast<ssize_t>(sizeof error);
    ::close(failure[0]);
    if (failed) {
        throw not_started(what.path + ": " + std::strerror(error), error == ENOENT ? 127 : 126);
    }
    result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    result.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    result.seconds = taken.count();
    result.user_seconds = seconds_of(usage.ru_utime);
    result.system_seconds = seconds_of(usage.ru_stime);
    if (bytes_of(usage.ru_maxrss) > peak_before) {
        result.peak_resident = bytes_of(usage.ru_maxrss);
    }
    result.interrupted = last_signal;
    return result;
}

} // namespace ebb::bench
