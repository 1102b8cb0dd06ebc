#include <ebb/bench/malloc/subjects.h>
#include <ebb/bench/mallocs/malloc.h>
#include <ebb/bench/process/child.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace ebb::bench::suite {
namespace {

// The package's version if the package is where the library comes from, else the file's own name:
// libjemalloc.so.2 is often a link to one that says more.
std::string version_of(const known_malloc& malloc, const std::string& library) {
    std::error_code error;
    const std::filesystem::path real = std::filesystem::canonical(library, error);
    const std::string file = (error ? std::filesystem::path(library) : real).filename().string();
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

} // namespace

std::vector<subject> find_subjects(const std::vector<std::string>& names,
                                   const std::string& own_version) {
    std::vector<subject> all;
    for (const known_malloc& m : known_mallocs) {
        const bool named = std::find(names.begin(), names.end(), m.name) != names.end();
        if (m.file.empty() || (names.empty() ? !in_default_list(m) : !named)) {
            continue;
        }
        subject s;
        s.name = m.name;
        if (const auto library = find_library(m)) {
            s.library = *library;
            s.version = m.package.empty() ? own_version : version_of(m, *library);
        } else {
            s.missing = how_to_install(m);
        }
        all.push_back(std::move(s));
    }
    return all;
}

} // namespace ebb::bench::suite
