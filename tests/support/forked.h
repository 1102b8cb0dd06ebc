// Work in a forked child. No alarm ends it: a child that hangs goes with its parent, which ctest's
// TIMEOUT ends.
#pragma once

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <type_traits>

namespace tests {

/// For a forked child, also before it executes another program: the kernel kills it when `parent`
/// ends. The thread that forked has to live as long as the child.
inline void end_with(pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) { // it ended before
        ::_exit(127);
    }
}

/// Forks a child that does `f()` and returns its id. The child exits with 0, or with 1 where `f`
/// returns false.
template <class F>
pid_t fork_child(F&& f) {
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child == 0) {
        end_with(parent);
        if constexpr (std::is_void_v<std::invoke_result_t<F>>) {
            f();
            ::_exit(0);
        } else {
            ::_exit(f() ? 0 : 1);
        }
    }
    return child;
}

/// A child's status as waitpid has it, once it has ended; -1 where the fork failed.
inline int status_of(pid_t child) {
    int status = -1;
    while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

/// Forks a child that does `f()`, waits for its end, and returns its status: 0 when all was well.
template <class F>
int status_of_child(F&& f) {
    return status_of(fork_child(f));
}

/// From here on, children whose parents end become this process's own, which can wait for them and
/// see how they ended.
inline void adopt_orphans() {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
}

} // namespace tests
