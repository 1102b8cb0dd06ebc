// bench_malloc: the suite behind `bench/run malloc`.
#include <ebb/bench/arguments.h>
#include <ebb/bench/malloc/budgeted.h>
#include <ebb/bench/malloc/runner.h>
#include <ebb/bench/malloc/subjects.h>
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
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace ebb::bench;        // NOLINT: a program's own file
using namespace ebb::bench::suite; // NOLINT

enum status : int { done = 0, failed = 1, usage = 2, not_installed = 3 };

struct words {
    std::vector<std::string> mallocs;
    std::vector<std::string> only;
    std::string rounds;
    std::string json;
    std::string between;
    std::string budget;
    bool quick = false;
    bool full = false;
    bool no_counts = false;
    bool renew = false;
};

void complain(const std::string& text) {
    fmt::print(stderr, "bench/run malloc: {}\n", text);
}

// The two mallocs of --between; without it, of a run with two libraries NAME=PATH and nothing else.
std::optional<std::pair<std::string, std::string>> between(const words& w,
                                                           const std::vector<subject>& subjects) {
    if (w.between.empty()) {
        const bool two_builds = subjects.size() == 2 && subjects[0].given && subjects[1].given;
        return two_builds ? std::optional(std::pair(subjects[0].name, subjects[1].name))
                          : std::nullopt;
    }
    const auto names = split({w.between});
    std::vector<std::string> of_the_run;
    for (const subject& s : subjects) {
        of_the_run.push_back(s.name);
    }
    const bool known = std::all_of(names.begin(), names.end(), [&](const std::string& name) {
        return std::find(of_the_run.begin(), of_the_run.end(), name) != of_the_run.end();
    });
    if (names.size() != 2 || !known) {
        refuse("--between", w.between,
               fmt::format("not BEFORE,AFTER, two of the run's mallocs: {}",
                           fmt::join(of_the_run, ", ")));
    }
    return std::pair(names[0], names[1]);
}

suite_choice choice_of(const words& w) {
    suite_choice choice;
    choice.only = among("--only", w.only, names_in_suite());
    choice.quick = w.quick;
    choice.full = w.full;
    return choice;
}

int check_or_renew(const words& w) {
    budget_words b{w.budget, w.renew};
    if (!w.rounds.empty()) {
        b.runs = static_cast<std::size_t>(number("--rounds", w.rounds, most_runs));
    }
    b.whole = w.only.empty();
    const auto subjects = find_subjects(
        w.mallocs.empty() ? std::vector<std::string>{"ebb"} : split(w.mallocs), EBB_VERSION);
    if (subjects.size() != 1) {
        throw refused("--budget: takes one malloc, not several");
    }
    if (!subjects[0].missing.empty()) {
        complain(subjects[0].name + ": " + subjects[0].missing);
        return not_installed;
    }
    scratch inputs;
    const suite_plan plan =
        only_budgeted(make_suite_plan(choice_of(w), memory_for_cells(), inputs));
    progress line;
    return run_budget(budgeted(plan, subjects[0]), b,
                      [&line](const std::string& text) { line.say(text); })
               ? done
               : failed;
}

int measure_all(const words& w) {
    const suite_choice choice = choice_of(w);
    const auto subjects = find_subjects(
        w.mallocs.empty() ? std::vector<std::string>{} : split(w.mallocs), EBB_VERSION);
    const auto compared = between(w, subjects);
    suite_settings settings;
    settings.quick = w.quick;
    settings.rounds = w.rounds.empty()
                          ? (w.quick ? 3 : 5)
                          : static_cast<std::size_t>(number("--rounds", w.rounds, most_runs));
    progress line;
    settings.before = [&line](std::size_t at, std::size_t of, const std::string& name) {
        line.show(at, of, name);
    };
    settings.system_calls = !w.no_counts;
    settings.instructions = !w.no_counts;
    // Before minutes of measuring: can it be written at all?
    std::ofstream file;
    if (!w.json.empty() && w.json != "-") {
        file.open(w.json);
        if (!file) {
            refuse("--json", w.json, "can't be written");
        }
    }
    scratch inputs;
    line.say("making the programs' inputs");
    const suite_plan plan = make_suite_plan(choice, memory_for_cells(), inputs);
    const suite_result result = run_suite(plan, subjects, settings);
    line.clear();
    if (file.is_open()) {
        file << suite_json(result);
        file.close();
        if (!file) {
            complain(fmt::format("{}: can't be written", w.json));
            return failed;
        }
    }
    fmt::print("{}", w.json == "-" ? suite_json(result)
                     : compared    ? suite_between(result, compared->first, compared->second)
                                   : suite_table(result));
    if (std::fflush(stdout) != 0) {
        complain("can't write to standard output");
        return failed;
    }
    for (const std::string& failure : result.failures) {
        complain(failure);
    }
    const bool lacks =
        !w.mallocs.empty() && std::any_of(subjects.begin(), subjects.end(),
                                          [](const subject& s) { return !s.missing.empty(); });
    for (const subject& s : subjects) {
        if (lacks && !s.missing.empty()) {
            complain(s.name + ": " + s.missing);
        }
    }
    return !result.failures.empty() ? failed : lacks ? not_installed : done;
}

void add_options(CLI::App& program, words& w) {
    const auto list = [&](const char* name, std::vector<std::string>& into, const char* help) {
        program.add_option(name, into, help)
            ->type_name("LIST")
            ->allow_extra_args(false)
            ->take_all();
    };
    list("--malloc", w.mallocs,
         "glibc, jemalloc, mimalloc, tcmalloc, ebb (those installed), and any number of "
         "NAME=PATH: a library that is a malloc, under that name");
    list("--only", w.only, "groups or rows (all but the group teeth); --list prints them");
    program
        .add_option("--between", w.between,
                    "print what changed from one malloc of the run to the other (two NAME=PATH "
                    "alone: these)")
        ->type_name("BEFORE,AFTER");
    program.add_flag("--no-counts", w.no_counts,
                     "times and page faults alone: no runs under strace and valgrind");
    program.add_flag("--full", w.full,
                     "the group teeth as well: minutes for each malloc and round");
    program.add_option("--rounds", w.rounds, "interleaved rounds (5; 3 with --quick)")
        ->type_name("N");
    program.add_flag("--quick", w.quick,
                     "3 rounds, less work in scenarios and programs, no heap of 1 GB");
    program
        .add_option("--json", w.json,
                    "write every run's figures to FILE; - or nothing: to standard "
                    "output instead of the table")
        ->type_name("[FILE]")
        ->expected(0, 1)
        ->default_str("-");
    program
        .add_option("--budget", w.budget,
                    "measure nothing but what FILE limits of ebb, and compare (2 minutes)")
        ->type_name("FILE");
    program.add_flag("--renew", w.renew,
                     "with --budget: write FILE anew, from 10 runs (or --rounds)");
    program.footer(
        "LIST: words with commas between them; the option may be repeated.\n"
        "Exit status: 0 measured, 1 something failed (the rest was measured) or is above the\n"
        "budget, 2 usage,\n"
        "3 a malloc named by --malloc isn't installed (the rest was measured).");
}

} // namespace

int main(int argc, char** argv) {
    CLI::App program("Mallocs side by side: micro suites, memory after a peak, real programs.",
                     "bench/run malloc");
    words w;
    bool list = false;
    add_options(program, w);
    program.add_flag("--list", list, "print what --only takes and do nothing else");
    try {
        program.parse(argc, argv);
    } catch (const CLI::Success& asked) {
        return program.exit(asked); // --help
    } catch (const CLI::ParseError& error) {
        std::string text = error.what();
        std::replace(text.begin(), text.end(), '\n', ' ');
        complain(text +
                 "; accepted: --malloc, --only, --rounds, --quick, --full, --json, --between, "
                 "--no-counts, --budget, --renew, --list, --help");
        return usage;
    }
    try {
        if (list) {
            fmt::print("{}\n", fmt::join(names_in_suite(), "\n"));
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
