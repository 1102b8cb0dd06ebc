// A child process whose standard output is read line by line.
//
// The child never outlives its parent: SIGINT, SIGTERM and SIGHUP at the parent kill it first, and
// the kernel kills it should the parent end in any other way.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ebb::bench {

/// What to run. The environment is this process's own, without LD_PRELOAD unless `preload` names
/// a library, with `environment` (`NAME=value`) added.
struct command {
    std::vector<std::string> words; ///< the program (a path, or found on PATH) and its arguments
    std::string preload;
    std::vector<std::string> environment;
};

/// How a child ended.
struct outcome {
    int status = 0;     ///< the exit status; meaningless when a signal ended it
    int signal = 0;     ///< the signal that ended it, or 0
    std::string errors; ///< what it wrote to standard error (its first 64 KiB)

    [[nodiscard]] bool good() const noexcept { return status == 0 && signal == 0; }
    /// One line that says how it ended: its first line of errors, or the status or the signal.
    [[nodiscard]] std::string reason() const;
};

/// Runs a command to its end and hands every whole line of its output to `line` as it arrives.
/// Throws std::system_error when it can't be started. Threads: one call at a time in a process.
[[nodiscard]] outcome run(const command& what, const std::function<void(std::string_view)>& line);

} // namespace ebb::bench
