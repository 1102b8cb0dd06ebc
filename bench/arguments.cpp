#include <ebb/bench/arguments.h>
#include <ebb/bench/refused.h>

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace ebb::bench {

void refuse(const char* option, const std::string& word, const std::string& accepted) {
    throw refused(fmt::format("{} {}: {}", option, word.empty() ? "''" : word, accepted));
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

std::vector<std::string> among(const char* option, const std::vector<std::string>& lists,
                               const std::vector<std::string>& names) {
    std::vector<std::string> all = split(lists);
    for (const std::string& word : all) {
        if (std::find(names.begin(), names.end(), word) == names.end()) {
            refuse(option, word, fmt::format("not one of {}", fmt::join(names, ", ")));
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

} // namespace ebb::bench
