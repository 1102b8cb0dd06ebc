#include <ebb/bench/mallocs/malloc.h>
#include <ebb/bench/maps/book.h>
#include <ebb/bench/maps/runner.h>
#include <ebb/bench/process/child.h>
#include <ebb/bench/process/scratch.h>

#include <array>
#include <filesystem>

namespace ebb::bench {
namespace {

constexpr int wrong_malloc_status = 3;

std::vector<record> run_cell(const cell& c, const std::string& library, scratch& links) {
    command what;
    what.words = {cell_program(),
                  std::string(name_of(c.way)),
                  c.malloc,
                  std::string(name_of(c.when)),
                  std::to_string(c.count),
                  std::to_string(c.value_bytes)};
    if (c.malloc != "go") {
        what.words.push_back(library);
    }
    if (c.malloc != "go" && c.malloc != "glibc") {
        what.preload = links.preloadable(library);
    }
    std::vector<record> records;
    const outcome end =
        run(what, [&](std::string_view line) { records.push_back(from_line(line)); });
    if (!end.good()) {
        throw cell_failed(end.reason(), end.signal == 0 && end.status == wrong_malloc_status);
    }
    return records;
}

void look_for_library(result& r, std::string& library) {
    const known_malloc* const malloc = find_malloc(r.what.malloc);
    if (malloc == nullptr || malloc->file.empty()) {
        return;
    }
    if (const auto found = find_library(*malloc)) {
        library = *found;
    } else {
        r.missing = how_to_install(*malloc);
    }
}

} // namespace

std::string cell_program() {
    const std::filesystem::path own = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    for (const auto& path :
         std::array{own / "ebb-cell", own / "../libexec/ebb/ebb-cell", own / "../bin/ebb-cell"}) {
        std::error_code error;
        if (std::filesystem::is_regular_file(path, error)) {
            return path.lexically_normal().string();
        }
    }
    throw std::runtime_error("no program ebb-cell beside " + own.string());
}

std::string name_of(const result& r) {
    return std::string(name_of(r.what.way)) + ' ' + r.label + ' ' +
           std::string(name_of(r.what.when));
}

void run_cells(std::vector<result>& results, std::size_t runs, const observer& watch) {
    std::vector<std::string> libraries(results.size());
    scratch links;
    std::size_t of = 0;
    for (std::size_t i = 0; i < results.size(); ++i) {
        look_for_library(results[i], libraries[i]);
        of += results[i].missing.empty() ? runs : 0;
    }
    std::size_t at = 0;
    for (std::size_t n = 0; n < runs; ++n) {
        for (std::size_t i = 0; i < results.size(); ++i) {
            result& r = results[i];
            if (r.missing.empty()) {
                watch.before(++at, of, name_of(r));
                try {
                    r.runs.push_back(is_book(r.what) ? run_book(r.what)
                                                     : run_cell(r.what, libraries[i], links));
                } catch (const cell_failed& e) {
                    throw cell_failed(name_of(r) + ": " + e.what(), e.wrong_malloc());
                }
            }
            if (n + 1 == runs) {
                watch.done(r);
            }
        }
    }
}

} // namespace ebb::bench
