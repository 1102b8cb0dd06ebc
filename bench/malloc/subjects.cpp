#include <ebb/bench/arguments.h>
#include <ebb/bench/malloc/subjects.h>
#include <ebb/bench/mallocs/cell_process.h>
#include <ebb/bench/mallocs/chosen.h>
#include <ebb/bench/mallocs/malloc.h>
#include <ebb/bench/process/child.h>
#include <ebb/bench/process/figure.h>
#include <ebb/bench/process/scratch.h>
#include <ebb/bench/refused.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

namespace ebb::bench::suite {
namespace {

// The package's version if the package is where the library comes from, else the file's own name:
// libjemalloc.so.2 is often a link to one that says more.
std::string version_of(const known_malloc& malloc, const std::string& library) {
    std::error_code error;
    const std::filesystem::path real = std::filesystem::canonical(library, error);
    std::string file = (error ? std::filesystem::path(library) : real).filename().string();
    std::string version;
    bool owns = false;
    try {
        command what;
        what.words = {"dpkg-query", "-W", "-f=${Version}\\n", std::string(malloc.package)};
        const bool known =
            run(what, [&](std::string_view line) { version = line; }).good() && !version.empty();
        // A merged /usr has two paths to a file; the package may list either.
        what.words = {"dpkg-query", "-L", std::string(malloc.package)};
        const outcome listed = run(what, [&](std::string_view line) {
            std::error_code none;
            owns = owns || (line.ends_with(file) && std::filesystem::canonical(line, none) == real);
        });
        return known && listed.good() && owns ? version : file;
    } catch (const std::system_error&) {
        return file; // no dpkg here
    }
}

subject find_known(const known_malloc& m, const std::string& own_version) {
    subject s;
    s.name = m.name;
    s.has_ledger = m.name == "ebb";
    if (const auto library = find_library(m)) {
        s.library = *library;
        s.version = m.package.empty() ? own_version : version_of(m, *library);
    } else {
        s.missing = how_to_install(m);
    }
    return s;
}

// Asks a process with the library preloaded: is it a malloc, and does it have a ledger?
subject find_named(const std::string& word, scratch& links) {
    const named_library named = read_named_library(word);
    subject s;
    s.name = named.name;
    s.library = named.library;
    s.version = word.substr(named.name.size() + 1);
    s.given = true;
    command what;
    what.words = {find_cell_program("bench_malloc_cell").value_or("bench_malloc_cell"), "check",
                  named.name, named.library};
    what.preload = links.preloadable(named.library);
    const outcome end = run(what, [&s](std::string_view line) {
        const auto figure = read_figure(line);
        s.has_ledger = s.has_ledger || (figure && figure->key == "ledger" && figure->value == 1);
    });
    if (!end.good()) {
        throw refused("--malloc " + word + ": " + end.reason());
    }
    return s;
}

} // namespace

std::vector<subject> find_subjects(const std::vector<std::string>& words,
                                   const std::string& own_version) {
    std::vector<std::string> known;
    std::vector<std::string> libraries;
    for (const std::string& word : words) {
        const known_malloc* const m = find_malloc(word);
        if (is_named_library(word)) {
            libraries.push_back(word);
        } else if (m == nullptr || m->file.empty()) {
            refuse("--malloc", word,
                   "not one of " + names_of_mallocs() + ", nor NAME=PATH of a library");
        } else {
            known.push_back(word);
        }
    }
    std::vector<subject> all;
    for (const known_malloc& m : known_mallocs) {
        const bool named = std::find(known.begin(), known.end(), m.name) != known.end();
        if (!m.file.empty() && (words.empty() ? in_default_list(m) : named)) {
            all.push_back(find_known(m, own_version));
        }
    }
    scratch links;
    for (const std::string& word : libraries) {
        subject s = find_named(word, links);
        if (std::any_of(all.begin(), all.end(),
                        [&](const subject& other) { return other.name == s.name; })) {
            refuse("--malloc", word, "the name " + s.name + " is taken by another library");
        }
        all.push_back(std::move(s));
    }
    return all;
}

} // namespace ebb::bench::suite
