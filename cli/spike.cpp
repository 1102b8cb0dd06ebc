#include <ebb/bench/mallocs/malloc.h>
#include <ebb/bench/memory.h>
#include <ebb/bench/process/child.h>
#include <ebb/bench/report/spike.h>
#include <ebb/cli/arguments.h>
#include <ebb/cli/commands.h>
#include <ebb/cli/progress.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <system_error>

namespace ebb::cli {
namespace {

struct spike_words {
    std::vector<std::string> layouts;
    std::vector<std::string> mallocs;
    std::vector<std::string> plots;
    std::string days = "3";
    std::string peak;
    std::string value_bytes = "128";
    std::string every = "10";
    std::string seed = "1";
    bool quick = false;
    bool json = false;
};

void refuse_unless_among(const char* option, const std::string& word,
                         const std::vector<std::string>& names) {
    if (std::find(names.begin(), names.end(), word) == names.end()) {
        refuse(option, word, fmt::format("not one of {}", fmt::join(names, ", ")));
    }
}

bench::spike_load load_of(const spike_words& w) {
    bench::spike_load l;
    l.days = number("--days", w.days, 31);
    l.peak = !w.peak.empty() ? number("--peak", w.peak, std::uint64_t{1} << 32)
             : w.quick       ? 100'000
                             : l.peak;
    l.every = number("--every", w.every, 60);
    if (60 % l.every != 0) {
        refuse("--every", w.every, "not one of 1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60");
    }
    l.seed = number("--seed", w.seed, std::uint64_t{1} << 62);
    refuse_unless_among("--value-bytes", w.value_bytes, {"8", "64", "128"});
    l.value_bytes = number("--value-bytes", w.value_bytes, 128);
    return l;
}

std::vector<bench::spike_row> rows_of(const spike_words& w) {
    std::vector<std::string> names;
    for (const auto l : bench::all_spike_layouts) {
        names.emplace_back(bench::name_of(l));
    }
    std::vector<bench::spike_layout> layouts;
    for (const std::string& word : split(w.layouts)) {
        refuse_unless_among("--layout", word, names);
        layouts.push_back(bench::all_spike_layouts[static_cast<std::size_t>(
            std::find(names.begin(), names.end(), word) - names.begin())]);
    }
    std::vector<std::string> mallocs;
    for (const bench::known_malloc& m : bench::known_mallocs) {
        mallocs.emplace_back(m.name);
    }
    const auto chosen = split(w.mallocs);
    for (const std::string& word : chosen) {
        refuse_unless_among("--malloc", word, mallocs);
    }
    for (const std::string& file : w.plots) {
        if (!file.ends_with(".svg") && !file.ends_with(".png")) {
            refuse("--plot", file, "a file's name that ends in .svg or .png");
        }
    }
    return bench::spike_rows(layouts, chosen, load_of(w), bench::memory_for_cells());
}

void write(const std::string& file, const std::string& text) {
    std::ofstream out(file);
    if (!(out << text << std::flush)) {
        throw std::system_error(errno, std::generic_category(), "--plot " + file);
    }
}

// PNG is drawn by librsvg's program from the same SVG.
void draw(const std::string& file, const std::string& svg) {
    if (file.ends_with(".svg")) {
        return write(file, svg);
    }
    bench::scratch folder;
    const std::string source = folder.path("plot.svg");
    write(source, svg);
    bench::command convert;
    convert.words = {"rsvg-convert", "--zoom=2", "--format=png", "--output=" + file, source};
    bench::outcome end;
    try {
        end = bench::run(convert, [](std::string_view) {});
    } catch (const std::system_error&) {
        throw std::runtime_error("--plot " + file +
                                 ": no rsvg-convert on PATH: apt install librsvg2-bin");
    }
    if (!end.good()) {
        throw std::runtime_error("--plot " + file + ": " + end.reason());
    }
}

int run(const spike_words& w) {
    std::vector<bench::spike_row> rows;
    try {
        rows = rows_of(w);
    } catch (const bench::refused& no) {
        complain(no.what());
        return usage;
    }
    progress line;
    try {
        bench::run_spike(rows, [&line](std::size_t at, std::size_t of, const std::string& name) {
            line.show(at, of, name);
        });
    } catch (const bench::cell_failed& e) {
        line.clear();
        complain(e.what());
        return e.wrong_malloc() ? wrong_malloc : failed;
    }
    line.clear();
    int result = done;
    bool any = false;
    for (const bench::spike_row& r : rows) {
        any = any || !r.samples.empty();
        if (!r.missing.empty()) {
            complain(bench::name_of(r) + ": " + r.missing);
            result = w.mallocs.empty() ? done : not_installed;
        }
        if (w.json) {
            fmt::print("{}", bench::spike_json(r));
        }
    }
    if (!w.json) {
        fmt::print("{}", bench::spike_table(rows));
    }
    for (const std::string& file : w.plots) {
        if (any) {
            draw(file, bench::svg(bench::spike_plot(rows)));
        }
    }
    return result;
}

} // namespace

std::function<int()> add_spike(CLI::App& program) {
    auto* const command = program.add_subcommand(
        "spike", "A cache of customers before, in and after the busiest hour of the year");
    const auto w = std::make_shared<spike_words>();
    const auto option = [command](const char* name, auto& into, const char* help,
                                  const char* type) {
        return command->add_option(name, into, help)->type_name(type);
    };
    option("--layout", w->layouts, "inline, pointer, recreate, hash_map (all)", "LIST")
        ->allow_extra_args(false)
        ->take_all();
    option("--malloc", w->mallocs, "go, glibc, jemalloc, mimalloc, tcmalloc, ebb (all)", "LIST")
        ->allow_extra_args(false)
        ->take_all();
    option("--peak", w->peak, "new customers in the peak hour (3000000)", "N");
    option("--days", w->days, "simulated days, the peak in the second (3)", "N");
    option("--value-bytes", w->value_bytes, "8, 64 or 128 (128)", "N");
    option("--every", w->every, "simulated minutes between samples (10)", "N");
    option("--seed", w->seed, "of the customers' ids (1)", "N");
    command->add_flag("--quick", w->quick, "a peak of 100000");
    option("--plot", w->plots, "draw live, resident and the slowest operation: .svg or .png",
           "FILE")
        ->allow_extra_args(false)
        ->take_all();
    command->add_flag("--json", w->json, "one object a line for each sample");
    command->footer("LIST: words with commas between them; the option may be repeated.\n"
                    "Exit status: as `ebb --help` says.");
    return [w] { return run(*w); };
}

} // namespace ebb::cli
