#include <ebb/alloc/os/frames.h>

#include <execinfo.h>

#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace ebb::os {
namespace {

void give_up(int) noexcept {
    std::abort();
}

// While this lives the program has so long; then abort() ends it, whatever it waits for. Afterwards
// its timer, handler and mask are as before, for its own handler of SIGABRT.
class deadline {
  public:
    explicit deadline(time_t seconds) noexcept {
        struct sigaction action {};
        action.sa_handler = give_up;
        static_cast<void>(::sigaction(SIGALRM, &action, &action_));
        sigset_t alarm;
        ::sigemptyset(&alarm);
        ::sigaddset(&alarm, SIGALRM);
        static_cast<void>(::pthread_sigmask(SIG_UNBLOCK, &alarm, &mask_));
        const itimerval once{{0, 0}, {seconds, 0}};
        static_cast<void>(::setitimer(ITIMER_REAL, &once, &timer_));
    }
    ~deadline() {
        static_cast<void>(::setitimer(ITIMER_REAL, &timer_, nullptr));
        static_cast<void>(::pthread_sigmask(SIG_SETMASK, &mask_, nullptr));
        static_cast<void>(::sigaction(SIGALRM, &action_, nullptr));
    }
    deadline(const deadline&) = delete;
    deadline& operator=(const deadline&) = delete;

  private:
    struct sigaction action_ {};
    sigset_t mask_{};
    itimerval timer_{};
};

} // namespace

void write_error(const char* text) noexcept {
    const int error = errno;
    static_cast<void>(::write(STDERR_FILENO, text, std::strlen(text)) >= 0);
    errno = error;
}

// libc loads its unwinder for this, and asks the dynamic linker for names. Both take a lock that
// another thread may hold for good: it loads a library whose constructor waits for this thread.
void write_frames() noexcept {
    constexpr int most = 16;
    constexpr time_t most_seconds = 5; // loading takes milliseconds
    const deadline until(most_seconds);
    void* frames[most];
    const int count = ::backtrace(frames, most);
    ::backtrace_symbols_fd(frames, count, STDERR_FILENO);
}

} // namespace ebb::os
