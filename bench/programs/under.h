// A program under a malloc: started with the malloc and the witness preloaded, and what both told.
#pragma once

#include <ebb/bench/mallocs/chosen.h>
#include <ebb/bench/process/scratch.h>
#include <ebb/bench/programs/launch.h>
#include <ebb/bench/programs/witnessed.h>

#include <string>
#include <vector>

namespace ebb::bench {

/// What is run.
struct task {
    std::vector<std::string> words; ///< the command
    std::string path;               ///< of its program

    /// The command as one would type it in a shell.
    [[nodiscard]] std::string typed() const;
};

/// The command's program found and looked at. Throws not_started, no_preload (program.h).
[[nodiscard]] task make_task(const std::vector<std::string>& words);

struct run_options {
    bool count = false; ///< preload the library that counts in front of a malloc without a ledger
    bool quiet = false; ///< no input, no output; the first line of errors is kept
};

/// One run.
struct run_record {
    launched how;
    std::vector<witnessed> processes;
    std::string first_error; ///< of a quiet run: the first line it wrote to standard error

    /// The highest resident size of any of its processes, as far as it is known.
    [[nodiscard]] std::optional<std::uint64_t> peak_resident() const noexcept;
    /// The first process; null when no witness was in it.
    [[nodiscard]] const witnessed* first() const noexcept;
    /// What answered in the first process instead of the malloc asked for, or why that can't be
    /// told; empty when the malloc asked for answered.
    [[nodiscard]] std::string wrong() const;
};

/// The library that counts, if it lies beside ebb's others.
[[nodiscard]] std::optional<std::string> counting_library();

/// Runs it to its end. The malloc must be there (library not empty). Throws not_started,
/// std::system_error, std::runtime_error when ebb's own witness isn't there.
[[nodiscard]] run_record run_under(const chosen_malloc& malloc, const task& what,
                                   const run_options& options, scratch& files);

} // namespace ebb::bench
