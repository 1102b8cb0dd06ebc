// The commands of ebb: each declares its options and says how to run.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace ebb::cli {

/// Exit statuses, as the man pages list them.
enum status : int {
    done = 0,
    failed = 1,           ///< something couldn't be measured
    usage = 2,            ///< unknown words, counts beyond memory: nothing was started
    wrong_malloc = 3,     ///< another malloc than the one asked for answered, or none could
    not_installed = 4,    ///< a malloc named by --malloc is missing; the rest was measured
    not_executable = 126, ///< `run` and `compare`: the command was found and can't be executed
    not_found = 127,      ///< the command wasn't found
};

/// Adds the command to the program; what it returns runs it, once the arguments are parsed. `words`
/// are those after `--`: the command that ebb is to run.
[[nodiscard]] std::function<int()> add_maps(CLI::App& program);
[[nodiscard]] std::function<int()> add_spike(CLI::App& program);
[[nodiscard]] std::function<int()> add_mallocs(CLI::App& program);
[[nodiscard]] std::function<int()> add_run(CLI::App& program,
                                           const std::vector<std::string>& words);
[[nodiscard]] std::function<int()> add_compare(CLI::App& program,
                                               const std::vector<std::string>& words);

/// `ebb: TEXT` on standard error.
void complain(const std::string& text);

} // namespace ebb::cli
