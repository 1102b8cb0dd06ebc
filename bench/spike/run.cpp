#include <ebb/bench/mallocs/malloc.h>
#include <ebb/bench/maps/cell.h>
#include <ebb/bench/spike/run.h>

#include <algorithm>

namespace ebb::bench {
namespace {

template <class T>
bool wants(const std::vector<T>& list, const T& what) {
    return list.empty() || std::find(list.begin(), list.end(), what) != list.end();
}

// As the table of maps bounds a cell with as many entries, and the queue of visits beside it.
std::uint64_t most_bytes(const spike_load& l) {
    const std::uint64_t entries = most_visits_an_hour(l);
    return most_bytes(cell{layout::in_buckets, "go", reclaim::collected, entries, l.value_bytes}) +
           4 * entries * sizeof(std::int64_t);
}

} // namespace

std::string name_of(const spike_row& r) {
    return std::string(name_of(r.what.way)) + ' ' + r.what.malloc;
}

std::vector<spike_row> spike_rows(const std::vector<spike_layout>& layouts,
                                  const std::vector<std::string>& mallocs, const spike_load& load,
                                  std::optional<std::uint64_t> available_bytes) {
    if (available_bytes && most_bytes(load) > *available_bytes) {
        throw refused("--peak " + std::to_string(load.peak) + " takes up to " +
                      std::to_string(most_bytes(load) >> 20) + " MB in a process and " +
                      std::to_string(*available_bytes >> 20) + " MB are available: a smaller one");
    }
    std::vector<spike_row> rows;
    for (const spike_layout l : all_spike_layouts) {
        if (!wants(layouts, l)) {
            continue;
        }
        if (l == spike_layout::hash_map) {
            rows.push_back({{l, "pages", load}, "", {}});
            continue;
        }
        for (const known_malloc& m : known_mallocs) {
            if (wants(mallocs, std::string(m.name)) && (!mallocs.empty() || in_default_list(m))) {
                rows.push_back({{l, std::string(m.name), load}, "", {}});
            }
        }
    }
    return rows;
}

void run_spike(std::vector<spike_row>& rows,
               const std::function<void(std::size_t, std::size_t, const std::string&)>& before) {
    scratch links;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        spike_row& r = rows[i];
        const spike_load& l = r.what.load;
        std::string library;
        const known_malloc* const malloc = find_malloc(r.what.malloc);
        if (malloc != nullptr && !malloc->file.empty()) {
            const auto found = find_library(*malloc);
            if (!found) {
                r.missing = how_to_install(*malloc);
                continue;
            }
            library = *found;
        }
        before(i + 1, rows.size(), name_of(r));
        try {
            run_cell_process(
                {"spike", std::string(name_of(r.what.way)), r.what.malloc, std::to_string(l.days),
                 std::to_string(l.peak), std::to_string(l.every), std::to_string(l.seed),
                 std::to_string(l.value_bytes)},
                r.what.malloc, library, links,
                [&](std::string_view line) { r.samples.push_back(sample_from_line(line)); });
        } catch (const cell_failed& e) {
            throw cell_failed(name_of(r) + ": " + e.what(), e.wrong_malloc());
        }
    }
}

} // namespace ebb::bench
