// What the witness (witness.cpp, inside of a measured program) and the ebb command tell each other.
//
// To the witness, one variable of the environment, inherited by every child:
//
//     EBB_WITNESS=PARENT:MALLOC:RECORDS:FRONT:LIBRARY
//
// PARENT is the process id of ebb: a process with that parent is the first one, which must not run
// under another malloc. MALLOC is a known malloc's name, or `-` for a library given by its path.
// RECORDS is the file that records are appended to. FRONT is the library that counts in front of
// LIBRARY, or empty. LIBRARY is the malloc's. No path has a colon in it: LD_PRELOAD couldn't hold
// it.
//
// From the witness, lines of fields with tabs between them, each appended in one write:
//
//     start PID PARENT PROGRAM OBJECT VERDICT              the program begins
//     end PID PARENT PROGRAM OBJECT RESIDENT PEAK TERM...  it ends; bytes, `-` where absent
//
// PROGRAM is the executable's path, OBJECT the file that `malloc` comes from (empty: the program
// itself), VERDICT empty or one line that says what answers instead. TERM... are the members of
// ebb_ledger in their order. A control character in a path becomes `?`.
//
// A process that was forked and goes on without exec has an `end` alone; one that calls exec has a
// `start` for each program. What ends by a signal has no `end`.
#pragma once

#include <cstddef>

namespace ebb::bench {

inline constexpr char witness_variable[] = "EBB_WITNESS";
inline constexpr char witness_library[] = "libebbwitness.so";

/// Where the first process ends before its program begins, under another malloc.
inline constexpr int witness_refuses = 3;

inline constexpr std::size_t ledger_terms = 10;

/// A line's limits: more than this of a path or of the whole isn't written.
inline constexpr std::size_t most_path_bytes = 1023;
inline constexpr std::size_t most_line_bytes = 8191;

} // namespace ebb::bench
