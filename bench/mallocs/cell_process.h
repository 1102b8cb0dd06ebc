// One cell of a table in a process of its own, under the malloc that it is to measure: what every
// table of maps starts.
#pragma once

#include <ebb/bench/process/scratch.h>

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace ebb::bench {

/// The process that should have measured didn't.
class cell_failed : public std::runtime_error {
  public:
    cell_failed(const std::string& what, bool wrong_malloc)
        : std::runtime_error(what), wrong_malloc_(wrong_malloc) {}
    /// Whether another malloc than the one asked for answered there.
    [[nodiscard]] bool wrong_malloc() const noexcept { return wrong_malloc_; }

  private:
    bool wrong_malloc_;
};

/// Where a program of that name lies: beside this program, or in ../libexec/ebb of it.
[[nodiscard]] std::optional<std::string> find_cell_program(const std::string& name);
/// Of ebb-cell. Throws std::runtime_error when it is in neither place.
[[nodiscard]] std::string cell_program();

/// Runs ebb-cell, or `program`, with `words`; `library`, unless it is empty, is the last of them,
/// and preloaded unless `malloc` is glibc. Throws cell_failed, std::system_error.
void run_cell_process(std::vector<std::string> words, std::string_view malloc,
                      const std::string& library, scratch& links,
                      const std::function<void(std::string_view)>& line,
                      const std::string& program = cell_program());

} // namespace ebb::bench
