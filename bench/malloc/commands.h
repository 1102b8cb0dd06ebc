// From a task and a malloc to the process that is started.
#pragma once

#include <ebb/bench/malloc/plan.h>
#include <ebb/bench/malloc/row.h>
#include <ebb/bench/process/child.h>
#include <ebb/bench/process/scratch.h>

#include <cstdint>
#include <string>

namespace ebb::bench::suite {

class task_commands {
  public:
    /// Throws std::runtime_error when the measuring programs aren't beside this one.
    task_commands();

    /// What measures the task with that malloc; a micro task with so many iterations.
    [[nodiscard]] command of(const task& t, const subject& m, std::uint64_t iterations);
    [[nodiscard]] command of(const task& t, const subject& m) { return of(t, m, t.iterations); }

    /// `bench_malloc_cell` launching a program under the malloc.
    [[nodiscard]] command launching(const program& p, const subject& m);

  private:
    std::string micro_;
    std::string cell_;
    scratch links_;
};

} // namespace ebb::bench::suite
