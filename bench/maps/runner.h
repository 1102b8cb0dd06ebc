// Runs the cells of a table, each in a fresh process, and keeps what they measured.
#pragma once

#include <ebb/bench/maps/cell.h>
#include <ebb/bench/maps/record.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace ebb::bench {

/// What one cell measured in all of its runs.
struct result {
    cell what;
    /// A row of the table: the malloc's name, or what the go on PATH calls itself.
    std::string label;
    /// What stands in place of figures: "not installed: apt install libjemalloc2".
    std::string missing;
    std::vector<std::vector<record>> runs;
};

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

/// What happens while cells run.
struct observer {
    /// Before each process: which of how many, and what it is called.
    std::function<void(std::size_t at, std::size_t of, const std::string& name)> before =
        [](std::size_t, std::size_t, const std::string&) {};
    /// After the last run of a cell.
    std::function<void(const result&)> done = [](const result&) {};
};

/// Where the program ebb-cell lies: beside this program, or in ../libexec/ebb of it.
/// Throws std::runtime_error when it is in neither place.
[[nodiscard]] std::string cell_program();

/// Runs `results` (their `what` and `label` filled in) `runs` times each, interleaved: every cell
/// once, then every cell again. A cell whose malloc isn't installed gets its `missing` instead.
/// Throws cell_failed, std::system_error.
void run_cells(std::vector<result>& results, std::size_t runs, const observer& watch);

/// The name of a cell for people: "inline jemalloc collected".
[[nodiscard]] std::string name_of(const result& r);

} // namespace ebb::bench
