// The file that a command starts, and whether a library can be preloaded into it.
#pragma once

#include <stdexcept>
#include <string>

namespace ebb::bench {

/// A program can't be started; status() is what a shell's exit status would be.
class not_started : public std::runtime_error {
  public:
    not_started(const std::string& what, int status) : std::runtime_error(what), status_(status) {}
    /// 127: not found, 126: found and not executable.
    [[nodiscard]] int status() const noexcept { return status_; }

  private:
    int status_;
};

/// No library can be preloaded into a program; what() is one line that says why.
class no_preload : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The path of the file that `word` starts: itself when it has a slash, else found on PATH, as
/// execvp does. Throws not_started.
[[nodiscard]] std::string find_program(const std::string& word);

/// Why no library can be preloaded into the program at `path`, in one line; empty when one can.
/// It is the program's kind that forbids it: static, of another word size or C library, or one that
/// gains rights when it starts (set-user-ID, set-group-ID, file capabilities). Of a script, its
/// interpreter counts.
[[nodiscard]] std::string why_no_preload(const std::string& path);

/// Whether the program at `path` is loaded by the very loader of this process: it has the same C
/// library.
[[nodiscard]] bool shares_c_library(const std::string& path);

} // namespace ebb::bench
