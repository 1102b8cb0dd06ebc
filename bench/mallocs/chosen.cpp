#include <ebb/bench/mallocs/chosen.h>
#include <ebb/bench/mallocs/malloc.h>
#include <ebb/bench/process/elf.h>

#include <filesystem>

namespace ebb::bench {
namespace {

bool is_path(const std::string& word) {
    return word.find('/') != std::string::npos || word.ends_with(".so");
}

} // namespace

chosen_malloc choose_malloc(const std::string& word) {
    chosen_malloc chosen;
    chosen.name = word;
    if (is_path(word)) {
        std::error_code error;
        chosen.library = std::filesystem::canonical(word, error).string();
        if (error) {
            throw refused("--malloc " + word + ": " + error.message());
        }
        const auto file = read_elf(chosen.library);
        if (!file || !file->shared || !runs_here(*file)) {
            throw refused("--malloc " + word + ": not a shared library for this machine");
        }
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
