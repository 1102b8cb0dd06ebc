#include <ebb/bench/process/child.h>

#include <poll.h>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>

extern char** environ; // NOLINT: POSIX's name

namespace ebb::bench {
namespace {

constexpr std::array<int, 3> ending_signals{SIGINT, SIGTERM, SIGHUP};
constexpr std::size_t most_error_bytes = std::size_t{64} << 10;

// The child that a signal at the parent takes along, or 0.
volatile std::sig_atomic_t running_child = 0;

extern "C" void take_child_along(int signal) {
    if (running_child > 0) {
        ::kill(running_child, SIGKILL);
    }
    std::signal(signal, SIG_DFL);
    ::raise(signal);
}

// Hands the ending signals to take_child_along while it lives. Signals that are ignored stay so.
class signal_guard {
  public:
    signal_guard() {
        struct sigaction handler {};
        handler.sa_handler = &take_child_along;
        sigemptyset(&handler.sa_mask);
        // Not SA_NODEFER: raise() in the handler waits until it returns, with the default by then.
        for (std::size_t i = 0; i < ending_signals.size(); ++i) {
            ::sigaction(ending_signals[i], nullptr, &before_[i]);
            if (before_[i].sa_handler != SIG_IGN) {
                ::sigaction(ending_signals[i], &handler, nullptr);
            }
        }
    }
    signal_guard(const signal_guard&) = delete;
    signal_guard& operator=(const signal_guard&) = delete;
    ~signal_guard() {
        running_child = 0;
        for (std::size_t i = 0; i < ending_signals.size(); ++i) {
            ::sigaction(ending_signals[i], &before_[i], nullptr);
        }
    }

  private:
    std::array<struct sigaction, ending_signals.size()> before_{};
};

// Keeps the ending signals waiting while it lives: between fork and the note of the child's id,
// a signal would miss the child.
class signals_held {
  public:
    signals_held() {
        sigset_t set;
        sigemptyset(&set);
        for (const int signal : ending_signals) {
            sigaddset(&set, signal);
        }
        ::sigprocmask(SIG_BLOCK, &set, &before_);
    }
    signals_held(const signals_held&) = delete;
    signals_held& operator=(const signals_held&) = delete;
    ~signals_held() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }
    [[nodiscard]] const sigset_t& before() const noexcept { return before_; }

  private:
    sigset_t before_{};
};

class pipe_ends {
  public:
    pipe_ends() {
        if (::pipe2(ends_.data(), O_CLOEXEC) != 0) {
            throw std::system_error(errno, std::generic_category(), "pipe");
        }
    }
    pipe_ends(const pipe_ends&) = delete;
    pipe_ends& operator=(const pipe_ends&) = delete;
    ~pipe_ends() {
        close_end(0);
        close_end(1);
    }
    [[nodiscard]] int reader() const noexcept { return ends_[0]; }
    [[nodiscard]] int writer() const noexcept { return ends_[1]; }
    void close_writer() noexcept { close_end(1); }

  private:
    void close_end(std::size_t i) noexcept {
        if (ends_[i] >= 0) {
            ::close(ends_[i]);
            ends_[i] = -1;
        }
    }
    std::array<int, 2> ends_{-1, -1};
};

std::vector<std::string> environment_for(const command& what) {
    std::vector<std::string> all;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        if (std::strncmp(*entry, "LD_PRELOAD=", 11) != 0) {
            all.emplace_back(*entry);
        }
    }
    if (!what.preload.empty()) {
        all.push_back("LD_PRELOAD=" + what.preload);
    }
    all.insert(all.end(), what.environment.begin(), what.environment.end());
    return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
    std::vector<char*> pointers;
    for (std::string& s : strings) {
        pointers.push_back(s.data());
    }
    pointers.push_back(nullptr);
    return pointers;
}

// Reads what there is; false at the end of the stream.
bool read_some(int descriptor, std::string& into) {
    std::array<char, 4096> block;
    const ssize_t got = ::read(descriptor, block.data(), block.size());
    if (got < 0) {
        return errno == EINTR || errno == EAGAIN;
    }
    into.append(block.data(), static_cast<std::size_t>(got));
    return got > 0;
}

} // namespace

std::string outcome::reason() const {
    const std::string first = errors.substr(0, errors.find('\n'));
    if (signal != 0) {
        return "ended by signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")" +
               (first.empty() ? "" : ": " + first);
    }
    return first.empty() ? "exit status " + std::to_string(status) : first;
}

outcome run(const command& what, const std::function<void(std::string_view)>& line) {
    std::vector<std::string> words = what.words;
    std::vector<std::string> environment = environment_for(what);
    const std::vector<char*> arguments = pointers_to(words);
    const std::vector<char*> variables = pointers_to(environment);
    pipe_ends output;
    pipe_ends errors;
    pipe_ends failure; // closed by a successful exec, else carries its errno
    const signal_guard guard;
    const pid_t parent = ::getpid();
    pid_t child = 0;
    {
        const signals_held held;
        child = ::fork();
        if (child < 0) {
            throw std::system_error(errno, std::generic_category(), "fork");
        }
        if (child == 0) {
            // Only async-signal-safe calls from here to exec.
            for (const int signal : ending_signals) {
                std::signal(signal, SIG_DFL);
            }
            ::sigprocmask(SIG_SETMASK, &held.before(), nullptr);
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            if (::getppid() != parent) {
                ::_exit(127);
            }
            ::dup2(output.writer(), STDOUT_FILENO);
            ::dup2(errors.writer(), STDERR_FILENO);
            ::execvpe(arguments[0], arguments.data(), variables.data());
            const int error = errno;
            [[maybe_unused]] const ssize_t written =
                ::write(failure.writer(), &error, sizeof error);
            ::_exit(127);
        }
        running_child = child;
    }
    output.close_writer();
    errors.close_writer();
    failure.close_writer();

    outcome result;
    std::string pending;
    std::array<pollfd, 2> streams{{{output.reader(), POLLIN, 0}, {errors.reader(), POLLIN, 0}}};
    while (streams[0].fd >= 0 || streams[1].fd >= 0) {
        if (::poll(streams.data(), streams.size(), -1) < 0) {
            continue;
        }
        if (streams[0].revents != 0 && !read_some(streams[0].fd, pending)) {
            streams[0].fd = -1;
        }
        for (std::size_t end = 0; (end = pending.find('\n')) != std::string::npos;) {
            line(std::string_view(pending).substr(0, end));
            pending.erase(0, end + 1);
        }
        if (streams[1].revents != 0) {
            std::string text;
            if (!read_some(streams[1].fd, text)) {
                streams[1].fd = -1;
            }
            text.resize(std::min(text.size(), most_error_bytes - result.errors.size()));
            result.errors += text;
        }
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    running_child = 0;
    int error = 0;
    if (::read(failure.reader(), &error, sizeof error) == static_cast<ssize_t>(sizeof error)) {
        throw std::system_error(error, std::generic_category(), what.words.front());
    }
    result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    result.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    return result;
}

} // namespace ebb::bench
