// What the ebb command and the suites share in reading their arguments. All throw refused, with a
// line that says what is accepted.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ebb::bench {

/// `--option word: accepted`.
[[noreturn]] void refuse(const char* option, const std::string& word, const std::string& accepted);

/// The words of lists with commas between them, one after the other.
[[nodiscard]] std::vector<std::string> split(const std::vector<std::string>& lists);

/// The same, each one of `names`.
[[nodiscard]] std::vector<std::string> among(const char* option,
                                             const std::vector<std::string>& lists,
                                             const std::vector<std::string>& names);

/// A whole number from 1 to `most`.
[[nodiscard]] std::uint64_t number(const char* option, const std::string& word, std::uint64_t most);

/// What --runs and --rounds take.
inline constexpr std::uint64_t most_runs = 1000;

} // namespace ebb::bench
