#include <ebb/bench/mallocs/malloc.h>
#include <ebb/bench/maps/book.h>
#include <ebb/bench/maps/others.h>
#include <ebb/bench/maps/runner.h>
#include <ebb/bench/process/scratch.h>

namespace ebb::bench {
namespace {

std::vector<record> run_cell(const cell& c, const std::string& library, scratch& links) {
    std::vector<record> records;
    run_cell_process(
        {std::string(name_of(c.way)), c.malloc, std::string(name_of(c.when)),
         std::to_string(c.count), std::to_string(c.value_bytes)},
        c.malloc, library, links,
        [&](std::string_view line) { records.push_back(from_line(line)); },
        program_of(c.way).value());
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
