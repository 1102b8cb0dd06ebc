#include <ebb/alloc/base/bytes.h>
#include <ebb/bench/arenas/runner.h>
#include <ebb/bench/process/child.h>
#include <ebb/bench/process/counted.h>
#include <ebb/bench/process/figure.h>
#include <ebb/bench/report/median.h>
#include <ebb/bench/turn.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace ebb::bench::arenas {
namespace {

using suite::cell_values;
using suite::subject;

std::string cell_program() {
    const auto path =
        std::filesystem::read_symlink("/proc/self/exe").parent_path() / "bench_arenas_cell";
    if (!std::filesystem::is_regular_file(path)) {
        throw std::runtime_error("no program " + path.string());
    }
    return path.string();
}

bool among(const std::vector<std::string>& names, std::string_view name) {
    return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

class execution {
  public:
    execution(const arena_choice& c, const arena_settings& s, std::uint64_t available_bytes)
        : settings_(s), program_(cell_program()) {
        result_.rounds = s.rounds;
        result_.quick = c.quick;
        find_subjects(c);
        choose_rows(c, available_bytes);
        for (const load* const l : loads_) {
            for (const arena_subject* const a : present_) {
                if (serves(*a, *l)) {
                    of_ += s.rounds + (s.system_calls ? 1 : 0) + (s.instructions ? 1 : 0);
                }
            }
        }
    }

    suite::suite_result run_all() {
        for (std::size_t round = 0; round < settings_.rounds; ++round) {
            for (std::size_t i = 0; i < loads_.size(); ++i) {
                for (std::size_t n = 0; n < present_.size(); ++n) {
                    measure(*loads_[i], *present_[turn(round, i, n, present_.size())]);
                }
            }
        }
        for (const load* const l : loads_) {
            for (const arena_subject* const a : present_) {
                if (serves(*a, *l) && !failed_.contains({l->name, a->name})) {
                    count(*l, *a);
                }
            }
        }
        return std::move(result_);
    }

  private:
    void find_subjects(const arena_choice& c) {
        std::vector<std::string> built;
        command what;
        what.words = {program_, "--subjects"};
        const outcome end = run(what, [&](std::string_view line) { built.emplace_back(line); });
        if (!end.good()) {
            throw std::runtime_error(program_ + ": " + end.reason());
        }
        for (const arena_subject& a : all_subjects()) {
            if (!among(c.arenas, a.name)) {
                continue;
            }
            subject s;
            s.name = a.name;
            if (std::find(built.begin(), built.end(), a.name) == built.end()) {
                s.missing = "not installed: apt install " + std::string(a.package);
            } else {
                present_.push_back(&a);
            }
            result_.mallocs.push_back(std::move(s));
        }
    }

    void choose_rows(const arena_choice& c, std::uint64_t available_bytes) {
        for (const load& l : loads()) {
            const std::string key = key_of(l);
            if (!among(c.only, l.group) && !among(c.only, key)) {
                continue;
            }
            if (c.quick && l.live_bytes > 128 * mib) {
                result_.notes.push_back(key + ": not run by --quick");
                continue;
            }
            if (available_bytes != 0 && l.live_bytes / 2 * 3 + 64 * mib > available_bytes) {
                result_.notes.push_back(key + ": not run, " +
                                        std::to_string(available_bytes / mib) + " MiB available");
                continue;
            }
            loads_.push_back(&l);
            suite::row r{key, std::string(l.group), std::string(l.label)};
            r.operations = l.iterations;
            result_.rows.push_back(std::move(r));
            if (l.group == "fill") {
                result_.rows.push_back({held_key(l), std::string(l.group),
                                        "  bytes taken ÷ asked for", suite::measure::ratio});
            }
        }
    }

    static std::string held_key(const load& l) { return key_of(l) + "-held"; }

    [[nodiscard]] command command_of(const load& l, const arena_subject& a,
                                     std::uint64_t iterations) const {
        command what;
        what.words = {program_, std::string(a.name), std::string(l.name),
                      std::to_string(iterations)};
        return what;
    }
    cell_values& values_of(const std::string& key, const arena_subject& a) {
        return result_.values[key][std::string(a.name)];
    }
    [[nodiscard]] static std::string name_of(const load& l, const arena_subject& a) {
        return std::string(l.name) + ' ' + std::string(a.name);
    }

    void measure(const load& l, const arena_subject& a) {
        if (!serves(a, l) || failed_.contains({l.name, a.name})) {
            return;
        }
        settings_.before(++at_, of_, name_of(l, a));
        const outcome end = run(command_of(l, a, l.iterations), [&](std::string_view line) {
            const auto f = read_figure(line);
            if (!f) {
                return;
            }
            if (f->key == "ns") {
                values_of(key_of(l), a).runs.push_back(f->value);
            } else if (f->key == "page_faults") {
                values_of(key_of(l), a).page_faults.push_back(f->value);
            } else if (f->key == "operations") {
                operations_[l.name] = f->value;
            } else if (f->key == "held") {
                values_of(held_key(l), a).runs.push_back(f->value);
            }
        });
        if (!end.good()) {
            result_.failures.push_back(name_of(l, a) + ": " + end.reason());
            failed_.insert({l.name, a.name});
        }
    }

    // Once: what is counted repeats.
    void count(const load& l, const arena_subject& a) {
        cell_values& cell = values_of(key_of(l), a);
        if (settings_.system_calls) {
            settings_.before(++at_, of_, name_of(l, a) + ", counting system calls");
            const auto calls = count_system_calls(command_of(l, a, l.iterations));
            if (calls.value) {
                cell.system_calls = static_cast<double>(calls.value->total());
            } else {
                lacks("system calls", calls.missing, name_of(l, a));
            }
        }
        if (settings_.instructions) {
            settings_.before(++at_, of_, name_of(l, a) + ", counting instructions");
            const auto found = count_instructions(command_of(l, a, l.counted_iterations));
            if (found.value) {
                cell.instructions =
                    static_cast<double>(*found.value) /
                    (static_cast<double>(l.counted_iterations) * operations_[l.name]);
            } else {
                lacks("instructions", found.missing, name_of(l, a));
            }
        }
    }

    // A tool that isn't there is missing for every row alike: said once.
    void lacks(const std::string& what, const std::string& why, const std::string& name) {
        const bool everywhere = why.starts_with("not installed");
        const std::string line = what + (everywhere ? "" : " of " + name) + ": " + why;
        if (std::find(result_.notes.begin(), result_.notes.end(), line) == result_.notes.end()) {
            result_.notes.push_back(line);
        }
    }

    const arena_settings& settings_;
    std::string program_;
    std::vector<const arena_subject*> present_;
    std::vector<const load*> loads_;
    std::map<std::string_view, double> operations_;
    std::set<std::pair<std::string_view, std::string_view>> failed_;
    suite::suite_result result_;
    std::size_t at_ = 0;
    std::size_t of_ = 0;
};

row_figures measured_once(const arena_choice& c, std::uint64_t available_bytes,
                          const before_process& before) {
    arena_settings settings;
    settings.rounds = 1;
    settings.system_calls = false;
    settings.before = before;
    const suite::suite_result r = run_arenas(c, settings, available_bytes);
    if (!r.failures.empty()) {
        throw std::runtime_error(r.failures.front());
    }
    for (const std::string& note : r.notes) {
        if (note.starts_with("instructions")) {
            throw std::runtime_error(note);
        }
    }
    row_figures all;
    for (const auto& [key, cells] : r.values) {
        for (const auto& [arena, cell] : cells) {
            if (cell.instructions) {
                all[key + ' ' + arena]["instructions"] = *cell.instructions;
            }
            if (const auto faults = middle_of(cell.page_faults)) {
                all[key + ' ' + arena]["page_faults"] = *faults;
            }
        }
    }
    return all;
}

} // namespace

suite::suite_result run_arenas(const arena_choice& c, const arena_settings& s,
                               std::uint64_t available_bytes) {
    return execution(c, s, available_bytes).run_all();
}

budgeted_suite budgeted_arenas(arena_choice c, std::uint64_t available_bytes) {
    c.arenas = {"bump", "pool", "sized"};
    c.quick = true; // the others show the same, with a gigabyte
    return {"arenas", "arena suite", [=](const before_process& before) {
                return measured_once(c, available_bytes, before);
            }};
}

} // namespace ebb::bench::arenas
