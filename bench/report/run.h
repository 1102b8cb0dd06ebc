// What `ebb run` prints: a table for people, one object for programs.
#pragma once

#include <ebb/bench/programs/under.h>

#include <string>

namespace ebb::bench {

/// The ledger of each process at its end, with words on those that left none.
[[nodiscard]] std::string run_table(const chosen_malloc& malloc, const task& what,
                                    const run_options& options, const run_record& run);

/// The same as one JSON object on a line: malloc, library, command, status, signal, seconds,
/// user_seconds, system_seconds, processes (pid, parent, program, first, malloc, answers, ended,
/// resident, peak_resident and the ledger's terms). Bytes; null for what is absent.
[[nodiscard]] std::string run_json(const chosen_malloc& malloc, const task& what,
                                   const run_record& run);

} // namespace ebb::bench
