// From a word after --malloc to the library that is to answer.
#pragma once

#include <ebb/bench/refused.h>

#include <string>
#include <vector>

namespace ebb::bench {

/// A malloc that a program is to run under.
struct chosen_malloc {
    std::string name;    ///< as it was asked for
    std::string known;   ///< the known malloc's name; empty for a library given by its path
    std::string library; ///< the library's path; empty when it isn't installed
    std::string missing; ///< then, what would install it
};

/// A known malloc with a library, by its name, or a shared library by its path: a word with a
/// slash, or one that ends in .so. Throws refused when it is neither, no file, or no shared library
/// for this machine.
[[nodiscard]] chosen_malloc choose_malloc(const std::string& word);

/// A library that is measured under a name of one's own choice: an old build beside a new one.
struct named_library {
    std::string name;
    std::string library; ///< the library's path, links resolved
};

/// Whether a word is meant as NAME=PATH.
[[nodiscard]] bool is_named_library(const std::string& word);

/// Reads NAME=PATH. Throws refused when NAME is a known malloc's or has other characters than
/// letters, digits and `_.-`, or when PATH isn't a shared library for this machine.
[[nodiscard]] named_library read_named_library(const std::string& word);

/// Those that a list without a word means: every known one that is installed, in their order.
[[nodiscard]] std::vector<chosen_malloc> installed_mallocs();

} // namespace ebb::bench
