#include <ebb/bench/mallocs/chosen.h>
#include <ebb/bench/mallocs/malloc.h>
#include <ebb/bench/process/elf.h>

#include <filesystem>

namespace ebb::bench {
namespace {

bool is_path(const std::string& word) {
    return word.find('/') != std::string::npos || word.ends_with(".so");
}

// The library's path without links. `word` is what was asked for.
std::string checked_library(const std::string& word, const std::string& path) {
    std::error_code error;
    std::string library = std::filesystem::canonical(path, error).string();
    if (error) {
        throw refused("--malloc " + word + ": " + error.message());
    }
    const auto file = read_elf(library);
    if (!file || !file->shared || !runs_here(*file)) {
        throw refused("--malloc " + word + ": not a shared library for this machine");
    }
    return library;
}

} // namespace

chosen_malloc choose_malloc(const std::string& word) {
    chosen_malloc chosen;
    chosen.name = word;
    if (is_path(word)) {
        chosen.library = checked_library(word, word);
        return chosen;
    }
    const known_malloc* const known = find_malloc(word);
    if (known == nullptr || known->file.empty()) {
        throw refused("--malloc " + (word.empty() ? "''" : word) + ": not one of " +
                      names_of_mallocs() + ", nor the path of a library");
    }
    chosen.known = word;
    if (const auto library = find_library(*known)) {
        chosen.library = *library;
    } else {
        chosen.missing = how_to_install(*known);
    }
    return chosen;
}

bool is_named_library(const std::string& word) {
    return word.find('=') != std::string::npos;
}

named_library read_named_library(const std::string& word) {
    constexpr const char* accepted =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    if (name.empty() || name.find_first_not_of(accepted) != std::string::npos) {
        throw refused("--malloc " + word +
                      ": a name before = has letters, digits, `_`, `.` and `-` alone");
    }
    if (find_malloc(name) != nullptr) {
        throw refused("--malloc " + word + ": " + name +
                      " is a known malloc's name; take another one for a library of your own");
    }
    if (equals + 1 == word.size()) {
        throw refused("--malloc " + word + ": no path of a library after =");
    }
    return {name, checked_library(word, word.substr(equals + 1))};
}

std::vector<chosen_malloc> installed_mallocs() {
    std::vector<chosen_malloc> all;
    for (const known_malloc& m : known_mallocs) {
        if (find_library(m)) {
            all.push_back(choose_malloc(std::string(m.name)));
        }
    }
    return all;
}

} // namespace ebb::bench
