// What the commands share in reading their arguments. All throw bench::refused, with a line that
// says what is accepted.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ebb::cli {

/// `--option word: accepted`.
[[noreturn]] void refuse(const char* option, const std::string& word, const std::string& accepted);

/// The words of lists with commas between them, one after the other.
[[nodiscard]] std::vector<std::string> split(const std::vector<std::string>& lists);

/// A whole number from 1 to `most`.
[[nodiscard]] std::uint64_t number(const char* option, const std::string& word, std::uint64_t most);

/// What --runs takes.
inline constexpr std::uint64_t most_runs = 1000;

} // namespace ebb::cli
