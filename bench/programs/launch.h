// A user's program as a child that is left alone: its streams, signals and priorities are those
// that ebb itself was started with.
//
// While it runs, ebb stands aside as `env` or `timeout` do: a signal that someone sends to ebb
// (SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2) goes on to the child; one that the terminal
// sends reaches the child by itself. ebb waits for the child's end in either case. Should ebb be
// killed, the kernel kills the child.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ebb::bench {

struct launch_plan {
    std::string path;                     ///< the program's file
    std::vector<std::string> words;       ///< what it was called, and its arguments
    std::vector<std::string> environment; ///< `NAME=value`, whole
    /// Set: input and output are /dev/null and errors go to this file.
    std::optional<std::string> errors_to;
};

/// How it ended and what it took. Processor time includes that of its own children that it waited
/// for.
struct launched {
    pid_t pid = 0;
    int status = 0; ///< the exit status; meaningless when a signal ended it
    int signal = 0; ///< the signal that ended it, or 0
    double seconds = 0;
    double user_seconds = 0;
    double system_seconds = 0;
    /// The kernel's highest resident size of the program or of one of its children that it waited
    /// for. Absent where it can't be told from ebb's own, which the kernel counts with it.
    std::optional<std::uint64_t> peak_resident;
    int interrupted = 0; ///< a signal that ebb got meanwhile, or 0

    [[nodiscard]] bool good() const noexcept { return status == 0 && signal == 0; }
    /// As a shell tells it: the status, or 128 + the signal.
    [[nodiscard]] int exit_status() const noexcept { return signal != 0 ? 128 + signal : status; }
    /// "exit 3", "signal 9 (Killed)".
    [[nodiscard]] std::string words() const;
};

/// Runs it to its end. Throws not_started (program.h), std::system_error. Threads: one call at a
/// time in a process, with one thread.
[[nodiscard]] launched launch(const launch_plan& what);

} // namespace ebb::bench
