// Real programs as benchmarks: what each is given to do, made on the spot from fixed numbers, so
// that it is the same everywhere.
#pragma once

#include <ebb/bench/process/scratch.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace ebb::bench::suite {

struct program {
    std::string name; ///< the rows' stem: "python"
    std::string what; ///< the rows' label
    std::vector<std::string> words;
    std::vector<std::string> environment;
    std::string socket;              ///< of a server: where it listens once it is up
    std::vector<std::string> client; ///< of a server: who loads it, without the malloc
    std::string missing;             ///< why it can't run here
};

struct known_program {
    std::string_view name;
    std::string_view what;
    std::string_view file;    ///< the program, looked for in /usr/bin and on PATH
    std::string_view package; ///< Debian's
};

[[nodiscard]] const std::array<known_program, 7>& known_programs() noexcept;

/// All of them, with their inputs in `inputs`; what isn't installed has its `missing` filled in.
/// `quick`: a quarter of the work or so. Throws std::runtime_error when an input can't be made.
[[nodiscard]] std::vector<program> make_programs(scratch& inputs, bool quick);

} // namespace ebb::bench::suite
