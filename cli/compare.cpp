#include <ebb/bench/programs/compare.h>
#include <ebb/bench/programs/program.h>
#include <ebb/bench/report/compare.h>
#include <ebb/cli/arguments.h>
#include <ebb/cli/commands.h>
#include <ebb/cli/progress.h>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <memory>

namespace ebb::cli {
namespace {

struct compare_words {
    std::vector<std::string> mallocs;
    std::string runs = "7";
    bool json = false;
};

// The heaviest of what went wrong.
int status_of(const bench::comparison& c, bool named) {
    const auto any = [&c](auto&& is) { return std::any_of(c.all.begin(), c.all.end(), is); };
    if (any([](const bench::contender& each) { return each.wrong; })) {
        return wrong_malloc;
    }
    if (any([](const bench::contender& each) {
            return !each.missing.empty() && each.malloc.missing.empty();
        })) {
        return failed;
    }
    const bool missing =
        any([](const bench::contender& each) { return !each.malloc.missing.empty(); });
    return missing && named ? not_installed : done;
}

int compare(const compare_words& w, const std::vector<std::string>& command) {
    if (command.empty()) {
        complain("compare: no command: it stands after --, as in `ebb compare -- ls -l`");
        return usage;
    }
    bench::comparison result;
    bench::task task;
    std::size_t runs = 0;
    progress line;
    try {
        runs = number("--runs", w.runs, most_runs);
        std::vector<bench::chosen_malloc> mallocs;
        for (const std::string& word : split(w.mallocs)) {
            mallocs.push_back(bench::choose_malloc(word));
        }
        task = bench::make_task(command);
        result = bench::compare(mallocs.empty() ? bench::installed_mallocs() : mallocs, task, runs,
                                [&line](std::size_t at, std::size_t of, const std::string& name) {
                                    line.show(at, of, name);
                                });
    } catch (const bench::refused& no) {
        complain(no.what());
        return usage;
    } catch (const bench::no_preload& no) {
        complain(no.what());
        return wrong_malloc;
    } catch (const bench::not_started& no) {
        line.clear();
        complain(no.what());
        return no.status();
    }
    line.clear();
    if (result.interrupted != 0) {
        // As without ebb's care for its files: the shell sees what ended it.
        std::signal(result.interrupted, SIG_DFL);
        std::raise(result.interrupted);
    }
    for (const bench::contender& each : result.all) {
        if (!each.missing.empty()) {
            complain(fmt::format("{}: {}", each.malloc.name, each.missing));
        }
    }
    fmt::print("{}", w.json ? bench::compare_json(result, task, runs)
                            : bench::compare_table(result, task, runs));
    return status_of(result, !w.mallocs.empty());
}

} // namespace

std::function<int()> add_compare(CLI::App& program, const std::vector<std::string>& command) {
    auto* const self = program.add_subcommand(
        "compare", "A program under several mallocs in turn: time and memory, and what differs");
    const auto w = std::make_shared<compare_words>();
    self->add_option("--malloc", w->mallocs,
                     "glibc, jemalloc, mimalloc, tcmalloc, ebb or libraries' paths (all installed)")
        ->type_name("LIST")
        ->allow_extra_args(false)
        ->take_all();
    self->add_option("--runs", w->runs, "runs under each malloc (7)")->type_name("N");
    self->add_flag("--json", w->json, "one object instead of the tables");
    self->footer("The command stands after --: ebb compare [OPTIONS] -- COMMAND...\n"
                 "LIST: words with commas between them; the option may be repeated. Runs are "
                 "interleaved; input and\noutput are /dev/null. The first malloc is what the "
                 "others are compared with: \"no significant\ndifference\" is said where the "
                 "Mann-Whitney U test gives 0.05 or more, corrected for the number\nof mallocs "
                 "compared (Holm). Exit status: as `ebb --help` says; 1 when the program failed "
                 "under one.");
    return [w, &command] { return compare(*w, command); };
}

} // namespace ebb::cli
