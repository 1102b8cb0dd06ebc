// bench_arenas: the suite behind `bench/run arenas`.
#include <ebb/bench/arenas/runner.h>
#include <ebb/bench/arguments.h>
#include <ebb/bench/memory.h>
#include <ebb/bench/progress.h>
#include <ebb/bench/refused.h>
#include <ebb/bench/report/suite.h>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <string>
#include <vector>

namespace {

using namespace ebb::bench;         // NOLINT: a program's own file
using namespace ebb::bench::arenas; // NOLINT

enum status : int { done = 0, failed = 1, usage = 2 };

struct words {
    std::vector<std::string> arenas;
    std::vector<std::string> only;
    std::string rounds;
    std::string json;
    std::string budget;
    bool quick = false;
    bool no_counts = false;
    bool renew = false;
};

void complain(const std::string& text) {
    fmt::print(stderr, "bench/run arenas: {}\n", text);
}

std::vector<std::string> names_of_arenas() {
    std::vector<std::string> names;
    for (const arena_subject& a : all_subjects()) {
        names.emplace_back(a.name);
    }
    return names;
}

arena_choice choice_of(const words& w) {
    return {ebb::bench::among("--only", w.only, names_of_rows()),
            ebb::bench::among("--arenas", w.arenas, names_of_arenas()), w.quick};
}

std::size_t rounds_of(const words& w, std::size_t without) {
    return w.rounds.empty() ? without
                            : static_cast<std::size_t>(number("--rounds", w.rounds, most_runs));
}

int check_or_renew(const words& w) {
    const budget_words b{w.budget, w.renew, rounds_of(w, budget_words{}.runs), w.only.empty()};
    progress line;
    return run_budget(budgeted_arenas(choice_of(w), memory_for_cells().value_or(0)), b,
                      [&line](const std::string& text) { line.say(text); })
               ? done
               : failed;
}

int measure_all(const words& w) {
    arena_settings settings;
    settings.rounds = rounds_of(w, w.quick ? 3 : 5);
    settings.system_calls = settings.instructions = !w.no_counts;
    progress line;
    settings.before = [&line](std::size_t at, std::size_t of, const std::string& name) {
        line.show(at, of, name);
    };
    std::ofstream file;
    if (!w.json.empty() && w.json != "-") { // before minutes of measuring: can it be written?
        file.open(w.json);
        if (!file) {
            refuse("--json", w.json, "can't be written");
        }
    }
    const suite::suite_result result =
        run_arenas(choice_of(w), settings, memory_for_cells().value_or(0));
    line.clear();
    if (file.is_open()) {
        file << suite::suite_json(result);
        file.close();
        if (!file) {
            complain(fmt::format("{}: can't be written", w.json));
            return failed;
        }
    }
    fmt::print("{}", w.json == "-" ? suite::suite_json(result) : suite::suite_table(result));
    if (std::fflush(stdout) != 0) {
        complain("can't write to standard output");
        return failed;
    }
    for (const std::string& failure : result.failures) {
        complain(failure);
    }
    return result.failures.empty() ? done : failed;
}

} // namespace

int main(int argc, char** argv) {
    CLI::App program("Arenas side by side: ebb's, the standard's, Boost's, and malloc.",
                     "bench/run arenas");
    words w;
    bool list = false;
    const auto add_list = [&](const char* name, std::vector<std::string>& into, const char* help) {
        program.add_option(name, into, help)
            ->type_name("LIST")
            ->allow_extra_args(false)
            ->take_all();
    };
    add_list("--arenas", w.arenas, "bump, pool, sized, std_pool, ... (all that are installed)");
    add_list("--only", w.only, "groups or rows; --list prints them");
    program.add_option("--rounds", w.rounds, "interleaved rounds (5; 3 with --quick)")
        ->type_name("N");
    program.add_flag("--quick", w.quick, "3 rounds, nothing that holds more than 128 MiB");
    program.add_flag("--no-counts", w.no_counts,
                     "times and page faults alone: no runs under strace and valgrind");
    program
        .add_option("--json", w.json,
                    "write every run's figures to FILE; - or nothing: to standard output instead "
                    "of the table")
        ->type_name("[FILE]")
        ->expected(0, 1)
        ->default_str("-");
    program
        .add_option("--budget", w.budget,
                    "measure nothing but what FILE limits of ebb's arenas, and compare")
        ->type_name("FILE");
    program.add_flag("--renew", w.renew, "with --budget: write FILE anew, from 10 runs");
    program.add_flag("--list", list, "print what --only takes and do nothing else");
    program.footer("LIST: words with commas between them; the option may be repeated.\n"
                   "Exit status: 0 measured, 1 something failed or is above the budget, 2 usage.");
    try {
        program.parse(argc, argv);
    } catch (const CLI::Success& asked) {
        return program.exit(asked); // --help
    } catch (const CLI::ParseError& error) {
        std::string text = error.what();
        std::replace(text.begin(), text.end(), '\n', ' ');
        complain(text + "; accepted: --arenas, --only, --rounds, --quick, --no-counts, --json, "
                        "--budget, --renew, --list, --help");
        return usage;
    }
    try {
        if (list) {
            fmt::print("{}\n", fmt::join(names_of_rows(), "\n"));
            return done;
        }
        if (w.renew && w.budget.empty()) {
            throw refused("--renew: needs --budget=FILE, which it writes");
        }
        return w.budget.empty() ? measure_all(w) : check_or_renew(w);
    } catch (const refused& no) {
        complain(no.what());
        return usage;
    } catch (const std::exception& error) {
        complain(error.what());
        return failed;
    }
}
