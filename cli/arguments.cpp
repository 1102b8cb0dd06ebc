#include <ebb/bench/refused.h>
#include <ebb/cli/arguments.h>

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

namespace ebb::cli {

void refuse(const char* option, const std::string& word, const std::string& accepted) {
    throw bench::refused(fmt::format("{} {}: {}", option, word.empty() ? "''" : word, accepted));
}

std::vector<std::string> split(const std::vector<std::string>& lists) {
    std::vector<std::string> all;
    for (const std::string& list : lists) {
        for (std::size_t at = 0; at <= list.size();) {
            const std::size_t comma = std::min(list.find(',', at), list.size());
            all.push_back(list.substr(at, comma - at));
            at = comma + 1;
        }
    }
    return all;
}

std::uint64_t number(const char* option, const std::string& word, std::uint64_t most) {
    std::uint64_t n = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), n);
    if (error != std::errc() || end != word.data() + word.size() || n == 0 || n > most) {
        refuse(option, word, fmt::format("not a whole number from 1 to {}", most));
    }
    return n;
}

} // namespace ebb::cli
