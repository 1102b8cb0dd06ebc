#include <ebb/bench/mallocs/malloc.h>
#include <ebb/bench/maps/book.h>
#include <ebb/bench/maps/others.h>
#include <ebb/bench/maps/plan.h>

#include <algorithm>
#include <utility>

namespace ebb::bench {
namespace {

template <class T>
bool wants(const std::vector<T>& list, const T& what) {
    return list.empty() || std::find(list.begin(), list.end(), what) != list.end();
}

std::vector<layout> layouts_of(const choice& c, std::vector<std::string>& notes) {
    const bool fits_inline = !c.value_bytes || *c.value_bytes <= most_inline_bytes;
    std::vector<layout> chosen;
    for (const layout l : all_layouts) {
        if (c.layouts.empty() ? !in_default_list(l) : !wants(c.layouts, l)) {
            continue;
        }
        if (l == layout::spill && c.value_bytes && fits_inline) {
            if (!c.layouts.empty()) {
                throw refused("--layout spill needs --value-bytes over 128: 129, 256 or 1024");
            }
            notes.emplace_back("no spill rows: only values over 128 bytes spill");
        } else if (l == layout::in_buckets && !fits_inline && c.layouts.empty()) {
            // It would only repeat spill.
            notes.emplace_back("no inline rows: values over 128 bytes spill");
        } else {
            chosen.push_back(l);
        }
    }
    return chosen;
}

// The mallocs that a layout's cells run on, in the table's order.
std::vector<std::string> mallocs_of(const choice& c, layout l) {
    std::vector<std::string> all;
    if (family_of(l) == family::own && wants(c.mallocs, std::string(pages_malloc))) {
        all.emplace_back(pages_malloc);
    }
    for (const known_malloc& m : known_mallocs) {
        const bool meant =
            c.mallocs.empty() ? in_default_list(m) : wants(c.mallocs, std::string(m.name));
        if (meant && (m.name != "go" || family_of(l) == family::go)) {
            all.emplace_back(m.name);
        }
    }
    return all;
}

bool possible(layout l, const std::string& malloc, reclaim when) noexcept {
    return malloc == "go" ? when == reclaim::collected
                          : when == reclaim::at_once || family_of(l) == family::go;
}

// Why a layout has no row. `l` is one of those chosen.
std::string why_none(const choice& c, layout l) {
    if (family_of(l) == family::go) {
        return wants(c.mallocs, std::string("go"))
                   ? "--malloc go is always collected: --reclaim collected, or another malloc"
                   : "--malloc pages is for hash_map and node_hash_map, freed at once";
    }
    const std::string name(name_of(l));
    return wants(c.reclaims, reclaim::at_once)
               ? "--layout " + name + " needs another --malloc than " + c.mallocs.front()
               : "--layout " + name + " is freed at once: --reclaim at-once";
}

// The largest cell must fit, or nothing is started.
void check_memory(const std::vector<result>& cells, std::uint64_t available) {
    const auto larger = [](const result& a, const result& b) {
        return most_bytes(a.what) < most_bytes(b.what);
    };
    const cell& largest = std::max_element(cells.begin(), cells.end(), larger)->what;
    const std::uint64_t needed = most_bytes(largest);
    if (needed <= available) {
        return;
    }
    throw refused("--count " + std::to_string(largest.count) + " takes up to " +
                  std::to_string(needed >> 20) + " MB in a process and " +
                  std::to_string(available >> 20) + " MB are available: at most --count " +
                  std::to_string(most_entries(largest, available)) + " here");
}

} // namespace

bool in_default_list(layout l) noexcept {
    return family_of(l) != family::others || l == layout::std_map || l == layout::boost_flat ||
           l == layout::absl_flat;
}

plan make_plan(const choice& c, std::optional<std::uint64_t> available_bytes) {
    plan made;
    std::optional<std::string> go_label;
    if (c.go) {
        go_label = book_label();
        if (!go_label) {
            throw refused("--go needs a go on PATH: apt install golang-go");
        }
    }
    const auto add = [&made](cell what, const std::string& label) -> result& {
        result& row = made.cells.emplace_back();
        row.what = std::move(what);
        row.label = label;
        return row;
    };
    std::vector<layout> without;
    std::vector<layout> not_built;
    const std::vector<layout> layouts = layouts_of(c, made.notes);
    for (const layout l : layouts) {
        const std::size_t bytes =
            c.value_bytes.value_or(l == layout::spill ? most_inline_bytes + 1 : most_inline_bytes);
        const std::size_t before = made.cells.size();
        for (const std::string& malloc : mallocs_of(c, l)) {
            for (const reclaim r : all_reclaims) {
                if (possible(l, malloc, r) && wants(c.reclaims, r)) {
                    add({l, malloc, r, c.count, bytes}, malloc);
                }
            }
            if (malloc == "go" && go_label) {
                add({l, std::string(book_malloc), reclaim::collected, c.count, bytes}, *go_label);
            }
        }
        if (made.cells.size() == before) {
            without.push_back(l);
        } else if (!program_of(l)) {
            made.cells.resize(before);
            if (c.layouts.empty()) {
                not_built.push_back(l);
            } else {
                add({l, "-", reclaim::at_once, c.count, bytes}, "-").missing = how_to_install({l});
            }
        }
    }
    if (made.cells.empty()) {
        throw refused(why_none(c, layouts.front()));
    }
    for (const layout l : without) {
        if (!c.layouts.empty()) {
            made.notes.push_back("no " + std::string(name_of(l)) + " rows: " + why_none(c, l));
        }
    }
    if (!not_built.empty()) {
        std::string names;
        for (const layout l : not_built) {
            names += (names.empty() ? "" : ", ") + std::string(name_of(l));
        }
        made.notes.push_back("no rows of " + names + ": " + how_to_install(not_built));
    }
    if (!c.reclaims.empty() && !wants(c.reclaims, reclaim::collected) &&
        wants(c.mallocs, std::string("go"))) {
        made.notes.emplace_back("no go rows: go is always collected");
    }
    if (available_bytes) {
        check_memory(made.cells, *available_bytes);
    }
    return made;
}

} // namespace ebb::bench
