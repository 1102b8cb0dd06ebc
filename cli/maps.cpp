#include <ebb/alloc/base/sanitizers.h>
#include <ebb/bench/mallocs/malloc.h>
#include <ebb/bench/maps/others.h>
#include <ebb/bench/maps/plan.h>
#include <ebb/bench/memory.h>
#include <ebb/bench/report/text.h>
#include <ebb/cli/arguments.h>
#include <ebb/cli/commands.h>
#include <ebb/cli/progress.h>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>

namespace ebb::cli {
namespace {

using bench::choice;

// The arguments as they came.
struct maps_words {
    std::vector<std::string> layouts;
    std::vector<std::string> mallocs;
    std::vector<std::string> reclaims;
    std::string count = "1000000";
    std::string value_bytes;
    std::string runs = "1";
    bool go = false;
    bool json = false;
    bool bytes = false;
};

template <class Names>
std::vector<std::string> names_of(const Names& values) {
    std::vector<std::string> names;
    for (const auto value : values) {
        names.emplace_back(bench::name_of(value));
    }
    return names;
}

template <class Values>
auto values_of(const Values& values, const std::vector<std::string>& names) {
    std::vector<typename Values::value_type> chosen;
    for (const auto value : values) {
        if (std::find(names.begin(), names.end(), bench::name_of(value)) != names.end()) {
            chosen.push_back(value);
        }
    }
    return chosen;
}

choice choice_of(const maps_words& w) {
    choice c;
    c.layouts =
        values_of(bench::all_layouts, among("--layout", w.layouts, names_of(bench::all_layouts)));
    std::vector<std::string> mallocs;
    for (const bench::known_malloc& m : bench::known_mallocs) {
        mallocs.emplace_back(m.name);
    }
    mallocs.emplace_back(bench::pages_malloc);
    c.mallocs = among("--malloc", w.mallocs, mallocs);
    c.reclaims = values_of(bench::all_reclaims,
                           among("--reclaim", w.reclaims, names_of(bench::all_reclaims)));
    c.count = number("--count", w.count, std::uint64_t{1} << 40);
    if (!w.value_bytes.empty()) {
        std::vector<std::string> sizes;
        for (const std::size_t bytes : bench::all_value_bytes) {
            sizes.push_back(std::to_string(bytes));
        }
        if (std::find(sizes.begin(), sizes.end(), w.value_bytes) == sizes.end()) {
            refuse("--value-bytes", w.value_bytes,
                   fmt::format("not one of {}", fmt::join(sizes, ", ")));
        }
        c.value_bytes = static_cast<std::size_t>(number("--value-bytes", w.value_bytes, 1024));
    }
    c.go = w.go;
    return c;
}

int run(const maps_words& w) {
    bench::plan plan;
    std::size_t runs = 0;
    try {
        runs = number("--runs", w.runs, most_runs);
        plan = bench::make_plan(choice_of(w), bench::memory_for_cells());
    } catch (const bench::refused& no) {
        complain(no.what());
        return usage;
    }
    if (ebb::sanitized) {
        complain("a sanitized build: the cells are measured by release code");
    }
    for (const std::string& note : plan.notes) {
        complain(note);
    }
    int result = done;
    bench::observer watch;
    progress line;
    watch.before = [&line](std::size_t at, std::size_t of, const std::string& name) {
        line.show(at, of, name);
    };
    watch.done = [&](const bench::result& r) {
        if (!r.missing.empty()) {
            line.clear();
            complain(fmt::format("{}: {}", bench::name_of(r), r.missing));
            // A layout that isn't there has a row only where it was asked for.
            if (!w.mallocs.empty() || !bench::program_of(r.what.way)) {
                result = not_installed;
            }
        }
    };
    try {
        bench::run_cells(plan.cells, runs, watch);
    } catch (const bench::cell_failed& e) {
        line.clear();
        complain(e.what());
        return e.wrong_malloc() ? wrong_malloc : failed;
    }
    line.clear();
    if (!w.json) {
        fmt::print("{}",
                   bench::table(plan.cells, w.bytes ? bench::unit::bytes : bench::unit::megabytes));
        return result;
    }
    for (const bench::result& r : plan.cells) {
        for (const auto& run : r.runs) {
            fmt::print("{}", bench::json_lines(r, run));
        }
    }
    return result;
}

} // namespace

std::function<int()> add_maps(CLI::App& program) {
    auto* const command = program.add_subcommand(
        "maps", "What a map's entries take, and what is left when they are deleted");
    const auto w = std::make_shared<maps_words>();
    const auto list = [command](const char* name, std::vector<std::string>& into, const char* help,
                                const char* type) {
        command->add_option(name, into, help)->type_name(type)->allow_extra_args(false)->take_all();
    };
    list("--layout", w->layouts,
         "inline, pointer, spill, recreate, hash_map, node_hash_map,\nstd, boost-flat, absl-flat "
         "(these); absl-node, absl-btree,\nrobin, hopscotch, sparse",
         "LIST");
    list("--malloc", w->mallocs, "go, glibc, jemalloc, mimalloc, tcmalloc, ebb, pages (all)",
         "LIST");
    list("--reclaim", w->reclaims, "collected, at-once (both)", "LIST");
    command->add_option("--count", w->count, "entries (1000000)")->type_name("N");
    command
        ->add_option("--value-bytes", w->value_bytes,
                     "8, 64, 128, 129, 256 or 1024 (128, and 129 for spill)")
        ->type_name("N");
    command->add_option("--runs", w->runs, "runs of each cell: medians and spread (1)")
        ->type_name("N");
    command->add_flag("--go", w->go, "add what the go on PATH measures");
    command->add_flag("--json", w->json, "one object a line for each step of each run");
    command->add_flag("--bytes", w->bytes, "exact bytes instead of MB");
    command->footer("LIST: words with commas between them; the option may be repeated.\n"
                    "Exit status: as `ebb --help` says.");
    return [w] { return run(*w); };
}

} // namespace ebb::cli
