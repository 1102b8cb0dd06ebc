#include <ebb/bench/mallocs/malloc.h>
#include <ebb/bench/maps/book.h>
#include <ebb/bench/maps/plan.h>

#include <algorithm>

namespace ebb::bench {
namespace {

std::vector<layout> layouts_of(const choice& c, std::vector<std::string>& notes) {
    const bool fits_inline = !c.value_bytes || *c.value_bytes <= most_inline_bytes;
    std::vector<layout> chosen;
    for (const layout l : all_layouts) {
        const bool named = std::find(c.layouts.begin(), c.layouts.end(), l) != c.layouts.end();
        if (l == layout::spill && c.value_bytes && fits_inline) {
            if (named) {
                throw refused("--layout spill needs --value-bytes over 128: 129, 256 or 1024");
            }
            if (c.layouts.empty()) {
                notes.emplace_back("no spill rows: only values over 128 bytes spill");
            }
            continue;
        }
        // Without a word on layouts, inline above 128 would only repeat spill.
        if (named || (c.layouts.empty() && (fits_inline || l != layout::in_buckets))) {
            chosen.push_back(l);
        } else if (c.layouts.empty()) {
            notes.emplace_back("no inline rows: values over 128 bytes spill");
        }
    }
    return chosen;
}

template <class T>
bool wants(const std::vector<T>& list, const T& what) {
    return list.empty() || std::find(list.begin(), list.end(), what) != list.end();
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

plan make_plan(const choice& c, std::optional<std::uint64_t> available_bytes) {
    plan made;
    std::optional<std::string> go_label;
    if (c.go) {
        go_label = book_label();
        if (!go_label) {
            throw refused("--go needs a go on PATH: apt install golang-go");
        }
    }
    const bool only_at_once = !c.reclaims.empty() && !wants(c.reclaims, reclaim::collected);
    for (const layout l : layouts_of(c, made.notes)) {
        const std::size_t bytes =
            c.value_bytes.value_or(l == layout::spill ? most_inline_bytes + 1 : most_inline_bytes);
        for (const known_malloc& m : known_mallocs) {
            if (c.mallocs.empty() && !in_default_list(m)) {
                continue;
            }
            const std::string name(m.name);
            const bool is_go = name == "go";
            for (const reclaim r : all_reclaims) {
                const bool possible = !is_go || r == reclaim::collected;
                if (possible && wants(c.mallocs, name) && wants(c.reclaims, r)) {
                    result& row = made.cells.emplace_back();
                    row.what = {l, name, r, c.count, bytes};
                    row.label = name;
                }
            }
            if (is_go && go_label) {
                result& row = made.cells.emplace_back();
                row.what = {l, std::string(book_malloc), reclaim::collected, c.count, bytes};
                row.label = *go_label;
            }
        }
    }
    if (only_at_once && wants(c.mallocs, std::string("go"))) {
        if (made.cells.empty()) {
            throw refused("--malloc go is always collected: --reclaim collected, or another "
                          "malloc");
        }
        made.notes.emplace_back("no go rows: go is always collected");
    }
    if (available_bytes) {
        check_memory(made.cells, *available_bytes);
    }
    return made;
}

} // namespace ebb::bench
