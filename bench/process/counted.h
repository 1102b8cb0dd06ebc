// What a command did between its marks (marks.h), counted in a run for counting alone: a counter
// slows a program down, so that the time of such a run means nothing.
//
// Instructions are callgrind's (Debian's package valgrind), system calls strace's. Both repeat
// where the program does, which times don't.
#pragma once

#include <ebb/bench/process/child.h>

#include <cstdint>
#include <istream>
#include <map>
#include <optional>
#include <string>

namespace ebb::bench {

/// A count, or why there is none.
template <class T>
struct counted {
    std::optional<T> value;
    std::string missing; ///< "not installed: apt install strace", or how the run failed
};

struct system_calls {
    std::map<std::string, std::uint64_t> by_name;

    [[nodiscard]] std::uint64_t total() const;
    /// Of one name: "madvise".
    [[nodiscard]] std::uint64_t of(const std::string& name) const;
};

/// Which calls of a traced tree of processes count.
enum class calls_counted : std::uint8_t {
    between_marks, ///< those of all threads that begin between two marks
    all,           ///< every one from the first program's start on
};

/// Runs the command once under callgrind. Its output is thrown away. Instructions of those threads
/// that make marks.
/// Cost: the program takes about fifty times as long, and half a second more.
[[nodiscard]] counted<std::uint64_t> count_instructions(const command& what);

/// Runs the command once under strace, with the processes that it starts. Its output is thrown
/// away. Cost: some 30 µs a system call.
[[nodiscard]] counted<system_calls>
count_system_calls(const command& what, calls_counted which = calls_counted::between_marks);

/// The total in a file that callgrind wrote; absent where there is none.
[[nodiscard]] std::optional<std::uint64_t> read_callgrind(std::istream& file);

/// The calls in what `strace -f -o` wrote. Absent where marks are wanted and a pair is incomplete
/// or none is there.
[[nodiscard]] std::optional<system_calls> read_strace(std::istream& file, calls_counted which);

} // namespace ebb::bench
