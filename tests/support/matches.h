// Where a pattern matches in a text, by the C library's regular expressions: <regex> costs each
// file that uses it three seconds of the compiler.
#pragma once

#include <gtest/gtest.h>
#include <regex.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace tests {

/// A place that matches: the whole of it, then its groups.
using match = std::vector<std::string>;

/// Every place of `text` that a POSIX extended pattern matches, from the left, none over another.
inline std::vector<match> matches(const std::string& text, const std::string& pattern) {
    regex_t compiled;
    if (regcomp(&compiled, pattern.c_str(), REG_EXTENDED) != 0) {
        ADD_FAILURE() << "no pattern: " << pattern;
        return {};
    }
    std::vector<match> all;
    std::vector<regmatch_t> places(compiled.re_nsub + 1);
    for (std::size_t from = 0; from < text.size();) {
        const int flags = from == 0 ? 0 : REG_NOTBOL;
        if (regexec(&compiled, text.c_str() + from, places.size(), places.data(), flags) != 0) {
            break;
        }
        match found;
        for (const regmatch_t& at : places) {
            found.push_back(at.rm_so < 0
                                ? ""
                                : text.substr(from + static_cast<std::size_t>(at.rm_so),
                                              static_cast<std::size_t>(at.rm_eo - at.rm_so)));
        }
        all.push_back(std::move(found));
        const auto end = static_cast<std::size_t>(places[0].rm_eo);
        from += end == static_cast<std::size_t>(places[0].rm_so) ? end + 1 : end;
    }
    regfree(&compiled);
    return all;
}

} // namespace tests
