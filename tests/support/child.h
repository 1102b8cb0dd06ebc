// Runs a program and keeps how it ended and what it printed.
#pragma once

#include <tests/support/forked.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace tests {

struct ended {
    int status = -1;  ///< as wait has it
    std::string text; ///< standard output and error, together

    [[nodiscard]] bool well() const { return WIFEXITED(status) && WEXITSTATUS(status) == 0; }
};

/// `words`: the program and its arguments; `settings`: NAME=VALUE for its environment, or NAME to
/// take one away.
inline ended run(std::vector<std::string> words, std::vector<std::string> settings = {}) {
    std::vector<char*> argv;
    for (std::string& w : words) {
        argv.push_back(w.data());
    }
    argv.push_back(nullptr);
    ended e;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return e;
    }
    const pid_t child = fork_child([&] {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        for (std::string& s : settings) {
            s.find('=') == std::string::npos ? unsetenv(s.c_str()) : putenv(s.data());
        }
        execv(argv[0], argv.data());
        _exit(127);
    });
    close(ends[1]);
    char part[4096];
    for (ssize_t n = 0; (n = read(ends[0], part, sizeof part)) > 0;) {
        e.text.append(part, static_cast<std::size_t>(n));
    }
    close(ends[0]);
    e.status = status_of(child);
    return e;
}

} // namespace tests
