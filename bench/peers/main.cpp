// bench_maps: the suite behind `bench/run maps`.
#include <ebb/bench/arguments.h>
#include <ebb/bench/memory.h>
#include <ebb/bench/peers/budgeted.h>
#include <ebb/bench/peers/runner.h>
#include <ebb/bench/peers/subjects.h>
#include <ebb/bench/progress.h>
#include <ebb/bench/refused.h>
#include <ebb/bench/report/peers.h>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace {

using namespace ebb::bench;        // NOLINT: a program's own file
using namespace ebb::bench::peers; // NOLINT

enum status : int { done = 0, failed = 1, usage = 2, not_installed = 3 };

struct words {
    std::vector<std::string> maps;
    std::vector<std::string> only;
    std::vector<std::string> keys;
    std::vector<std::string> counts;
    std::vector<std::string> value_bytes;
    std::vector<std::string> beside;
    std::vector<std::string> between;
    std::string rounds;
    std::string json;
    std::string budget;
    bool quick = false;
    bool full = false;
    bool list = false;
    bool no_counts = false;
    bool renew = false;
};

constexpr std::uint64_t most_entries = 1'000'000'000;

void complain(const std::string& text) {
    fmt::print(stderr, "bench/run maps: {}\n", text);
}

std::vector<std::string> text_of(const auto& all) {
    std::vector<std::string> text;
    for (const auto& one : all) {
        text.push_back(fmt::format("{}", one));
    }
    return text;
}

map_choice choice_of(const words& w) {
    map_choice c;
    c.counted = !w.no_counts;
    c.only = among("--only", w.only, names_of_columns());
    for (const std::string& word : among("--keys", w.keys, text_of(key_kind_names))) {
        c.kinds.push_back(*key_kind_of(word));
    }
    for (const std::string& word : split(w.counts)) {
        c.counts.push_back(static_cast<std::size_t>(number("--count", word, most_entries)));
        if (c.counts.back() < 100) {
            refuse("--count", word, "fewer than 100 entries can't be measured");
        }
    }
    for (const std::string& word : among("--value-bytes", w.value_bytes, text_of(value_sizes))) {
        c.value_bytes.push_back(
            static_cast<std::size_t>(number("--value-bytes", word, value_sizes.back())));
    }
    if (c.kinds.empty()) {
        c.kinds = w.full ? std::vector{key_kind::random, key_kind::sequential, key_kind::string}
                         : std::vector{key_kind::random};
    }
    if (c.counts.empty()) {
        c.counts = w.full ? std::vector<std::size_t>{1'000, 10'000, 100'000, 1'000'000, 10'000'000}
                          : std::vector<std::size_t>{1'000'000};
        if (!w.full) {
            c.small_counts = {100, 1'000, 10'000, 100'000};
        }
    }
    if (c.value_bytes.empty()) {
        c.value_bytes = w.full ? std::vector<std::size_t>(value_sizes.begin(), value_sizes.end())
                               : std::vector<std::size_t>{8, 128};
    }
    return c;
}

void print_list(const std::vector<map_subject>& all) {
    fmt::print("maps:\n");
    for (const map_subject& m : all) {
        fmt::print("  {:12} {}\n", m.name,
                   m.missing.empty() ? m.label + ' ' + m.version : m.missing);
    }
    fmt::print("--only:\n");
    for (const std::string& name : names_of_columns()) {
        fmt::print("  {}\n", name);
    }
}

// The maps whose programs lie in a folder beside this program.
std::vector<map_subject> known_maps(const char* folder) {
    const auto program = std::filesystem::read_symlink("/proc/self/exe");
    return find_maps((program.parent_path() / folder).string());
}

int check_or_renew(const words& w) {
    const auto names =
        w.maps.empty() ? text_of(budgeted_maps) : among("--maps", w.maps, text_of(budgeted_maps));
    budget_words b{w.budget, w.renew};
    b.whole = w.maps.empty();
    if (!w.rounds.empty()) {
        b.runs = static_cast<std::size_t>(number("--rounds", w.rounds, most_runs));
    }
    progress line;
    return run_budget(budgeted(choose_maps(names, known_maps("peers/seeded"))), b,
                      [&line](const std::string& text) { line.say(text); })
               ? done
               : failed;
}

int measure_all(const words& w) {
    const auto all = known_maps("peers");
    if (w.list) {
        print_list(all);
        return done;
    }
    const auto maps = choose_maps(w.maps, all);
    const auto between = choose_between(w.between, maps);
    const map_choice choice = choice_of(w);
    map_settings settings;
    settings.quick = w.quick;
    settings.rounds = w.rounds.empty()
                          ? (w.quick ? 3 : 5)
                          : static_cast<std::size_t>(number("--rounds", w.rounds, most_runs));
    if (!w.beside.empty()) {
        std::vector<std::string> names;
        for (const auto* const list : {&all, &maps}) {
            for (const map_subject& m : *list) {
                if (std::find(names.begin(), names.end(), m.name) == names.end()) {
                    names.push_back(m.name);
                }
            }
        }
        settings.beside = among("--beside", w.beside, names);
    }
    progress line;
    settings.before = [&line](std::size_t at, std::size_t of, const std::string& name) {
        line.show(at, of, name);
    };
    // Before minutes of measuring: can it be written at all?
    std::ofstream file;
    if (!w.json.empty() && w.json != "-") {
        file.open(w.json);
        if (!file) {
            refuse("--json", w.json, "can't be written");
        }
    }
    const map_result result = run_maps(make_map_plan(choice, memory_for_cells()), maps, settings);
    line.clear();
    if (file.is_open()) {
        file << maps_json(result);
        file.close();
        if (!file) {
            complain(fmt::format("{}: can't be written", w.json));
            return failed;
        }
    }
    fmt::print("{}", w.json == "-"     ? maps_json(result)
                     : between.empty() ? maps_table(result)
                                       : maps_between(result, between));
    if (std::fflush(stdout) != 0) {
        complain("can't write to standard output");
        return failed;
    }
    for (const std::string& failure : result.failures) {
        complain(failure);
    }
    bool lacks = false;
    for (const map_subject& m : maps) {
        if (!w.maps.empty() && !m.missing.empty()) {
            complain(m.name + ": " + m.missing);
            lacks = true;
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
    list("--maps", w.maps,
         "which maps (all); --list prints them; NAME=TREE: another source tree's, as MAP@NAME");
    list("--only", w.only, "tables or columns (all); --list prints them");
    list("--keys", w.keys, "random (default), sequential: 64-bit numbers; string: 25 characters");
    list("--count", w.counts, "entries (1000000; the table eighths: 100,1000,10000,100000)");
    list("--value-bytes", w.value_bytes, "8, 32, 128, 1024, 1400 (8,128)");
    list("--beside", w.beside, "the maps to compare with (boost_flat,absl_flat)");
    program
        .add_option("--between", w.between,
                    "print what differs between two maps of the run, before and after, in place of "
                    "the tables; of a map and its version in one other tree it is so anyhow")
        ->type_name("BEFORE,AFTER")
        ->allow_extra_args(false)
        ->take_all();
    program.add_option("--rounds", w.rounds, "interleaved rounds (5; 3 with --quick)")
        ->type_name("N");
    program.add_flag("--quick", w.quick, "fewer rounds, shorter loops");
    program.add_flag("--no-counts", w.no_counts,
                     "without instructions, page faults and system calls, which are counted once");
    program.add_flag("--full", w.full,
                     "every kind of keys, 10^3 to 10^7 entries, every size of value: hours");
    program
        .add_option("--json", w.json,
                    "write every round's figures to FILE; - or nothing: to standard output "
                    "instead of the tables")
        ->type_name("[FILE]")
        ->expected(0, 1)
        ->default_str("-");
    program
        .add_option("--budget", w.budget,
                    "check instructions, page faults and madvise calls of hash_map and "
                    "node_hash_map against FILE, and measure nothing else")
        ->type_name("FILE");
    program.add_flag("--renew", w.renew,
                     "with --budget: write FILE anew, from 10 runs (or --rounds)");
    program.add_flag("--list", w.list, "print what --maps and --only take and do nothing else");
    program.footer(
        "LIST: words with commas between them; the option may be repeated.\n"
        "Every map has its own default hash, as its users have it: Abseil's and Boost's mix; std,\n"
        "robin, hopscotch and sparse take std::hash, of a number the number itself. All are over\n"
        "malloc but those that map pages themselves; memory is what the kernel says of the "
        "process\n"
        "less what it said before the map. Maps from elsewhere: bench/run maps --extra=FOLDER, a\n"
        "file of a few lines each (bench/peers/peer.h).\n"
        "Exit status: 0 measured, 1 something failed (the rest was measured) or isn't within the\n"
        "budget, 2 usage, 3 a map named by --maps isn't installed (the rest was measured).");
}

} // namespace

int main(int argc, char** argv) {
    CLI::App program("Maps side by side: memory while growing and after erasing, time, latency.",
                     "bench/run maps");
    words w;
    add_options(program, w);
    try {
        program.parse(argc, argv);
    } catch (const CLI::Success& asked) {
        return program.exit(asked); // --help
    } catch (const CLI::ParseError& error) {
        std::string text = error.what();
        std::replace(text.begin(), text.end(), '\n', ' ');
        complain(text + "; accepted: --maps, --only, --keys, --count, --value-bytes, --beside, "
                        "--between, --rounds, --quick, --full, --no-counts, --budget, --renew, "
                        "--json, --list, --help");
        return usage;
    }
    try {
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
