#include <ebb/bench/malloc/binding.h>
#include <ebb/bench/malloc/commands.h>
#include <ebb/bench/malloc/micro_report.h>
#include <ebb/bench/malloc/runner.h>
#include <ebb/bench/process/child.h>
#include <ebb/bench/process/counted.h>
#include <ebb/bench/process/figure.h>
#include <ebb/bench/turn.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

namespace ebb::bench::suite {
namespace {

class execution {
  public:
    execution(const suite_plan& plan, const std::vector<subject>& mallocs, const suite_settings& s)
        : plan_(plan), settings_(s) {
        result_.mallocs = mallocs;
        result_.rows = plan.rows;
        result_.rounds = s.rounds;
        result_.quick = s.quick;
        result_.notes = plan.notes;
        for (const subject& m : mallocs) {
            if (m.missing.empty()) {
                present_.push_back(&m);
            }
        }
        for (const task& t : plan_.tasks) {
            for (const subject* const m : present_) {
                if (runs_under(t, *m)) {
                    of_ += s.rounds + (t.kind == task_kind::program ? 1 : 0);
                    of_ += counting_runs(t);
                }
            }
        }
    }

    suite_result run_all() {
        for (const task& t : plan_.tasks) {
            for (const subject* const m : present_) {
                if (t.kind == task_kind::program) {
                    check(t, *m);
                }
            }
        }
        for (std::size_t round = 0; round < settings_.rounds; ++round) {
            for (std::size_t i = 0; i < plan_.tasks.size(); ++i) {
                for (std::size_t n = 0; n < present_.size(); ++n) {
                    measure(plan_.tasks[i], *present_[turn(round, i, n, present_.size())]);
                }
            }
        }
        // Once: what is counted repeats.
        for (const task& t : plan_.tasks) {
            for (const subject* const m : present_) {
                if (runs_under(t, *m) && !failed_.contains({t.name, m->name})) {
                    count(t, *m);
                }
            }
        }
        return std::move(result_);
    }

  private:
    [[nodiscard]] static bool runs_under(const task& t, const subject& m) {
        return t.with == runs_with::every_malloc || m.has_ledger;
    }

    // How often a task runs for counting alone: under strace, under callgrind.
    [[nodiscard]] std::size_t counting_runs(const task& t) {
        return (counts_calls(t) ? 1u : 0u) + (counts_instructions(t) ? 1u : 0u);
    }

    [[nodiscard]] static bool fills(const task& t, std::string_view figure) {
        return std::any_of(t.figures.begin(), t.figures.end(),
                           [figure](const auto& f) { return f.first == figure; });
    }

    // A server's calls depend on how its clients' requests arrive: they don't repeat.
    [[nodiscard]] bool counts_calls(const task& t) {
        return settings_.system_calls && t.under.socket.empty() &&
               (t.kind == task_kind::micro || fills(t, "calls") || fills(t, "madvise"));
    }

    [[nodiscard]] bool counts_instructions(const task& t) {
        return settings_.instructions && (t.counted_iterations > 0 || fills(t, "instructions"));
    }

    void count(const task& t, const subject& m) {
        if (counts_calls(t)) {
            settings_.before(++at_, of_, t.name + ' ' + m.name + ", counting system calls");
            const auto calls = count_system_calls(
                commands_.of(t, m),
                t.kind == task_kind::program ? calls_counted::all : calls_counted::between_marks);
            if (calls.value) {
                result_.system_calls[t.name][m.name] = calls.value->by_name;
                const auto total = static_cast<double>(calls.value->total());
                if (t.kind == task_kind::micro) {
                    values_of(t.figures.front().second, m).system_calls = total;
                } else {
                    fill(t, m, "calls", total);
                    fill(t, m, "madvise", static_cast<double>(calls.value->of("madvise")));
                }
            } else {
                lacks("system calls", calls.missing, t, m);
            }
        }
        if (counts_instructions(t)) {
            settings_.before(++at_, of_, t.name + ' ' + m.name + ", counting instructions");
            const auto found = count_instructions(commands_.of(t, m, t.counted_iterations));
            if (!found.value) {
                lacks("instructions", found.missing, t, m);
            } else if (t.kind != task_kind::micro) {
                fill(t, m, "instructions", static_cast<double>(*found.value) / operations_[t.name]);
            } else {
                values_of(t.figures.front().second, m).instructions =
                    static_cast<double>(*found.value) /
                    (static_cast<double>(t.counted_iterations) * operations_[t.name]);
            }
        }
    }

    void fill(const task& t, const subject& m, std::string_view figure, double value) {
        for (const auto& [name, key] : t.figures) {
            if (name == figure) {
                values_of(key, m).runs.push_back(value);
            }
        }
    }

    // A tool that isn't there is missing for every row alike: said once.
    void lacks(const std::string& what, const std::string& why, const task& t, const subject& m) {
        const bool everywhere = why.starts_with("not installed");
        const std::string line =
            what + (everywhere ? "" : " of " + t.name + " with " + m.name) + ": " + why;
        if (std::find(result_.notes.begin(), result_.notes.end(), line) == result_.notes.end()) {
            result_.notes.push_back(line);
        }
    }

    void fail(const task& t, const subject& m, const std::string& why) {
        result_.failures.push_back(t.name + " with " + m.name + ": " + why);
        failed_.insert({t.name, m.name});
    }

    void check(const task& t, const subject& m) {
        settings_.before(++at_, of_, t.name + ' ' + m.name + ", warming up");
        const std::string prefix = files_.path("bindings-" + std::to_string(at_));
        program traced = t.under;
        traced.words.insert(traced.words.begin(),
                            {"/usr/bin/env", "LD_DEBUG=bindings", "LD_DEBUG_OUTPUT=" + prefix});
        const outcome end = run(commands_.launching(traced, m), [](std::string_view) {});
        const std::string wrong = end.good() ? check_bindings(prefix, m.library) : end.reason();
        if (!wrong.empty()) {
            fail(t, m, wrong);
        }
        for (const auto& entry : std::filesystem::directory_iterator(files_.path(""))) {
            if (entry.path().filename().string().starts_with("bindings-")) {
                std::filesystem::remove(entry.path());
            }
        }
    }

    void measure(const task& t, const subject& m) {
        if (!runs_under(t, m) || failed_.contains({t.name, m.name})) {
            return;
        }
        settings_.before(++at_, of_, t.name + ' ' + m.name);
        if (t.kind == task_kind::micro) {
            measure_micro(t, m);
        } else {
            measure_figures(t, m);
        }
    }

    void measure_micro(const task& t, const subject& m) {
        std::string text;
        const outcome end =
            run(commands_.of(t, m), [&](std::string_view line) { (text += line) += '\n'; });
        if (!end.good()) {
            return fail(t, m, end.reason());
        }
        const auto found = read_micro(text);
        if (!found) {
            return fail(t, m, "no figure in what Google Benchmark printed");
        }
        cell_values& cell = values_of(t.figures.front().second, m);
        cell.runs.push_back(found->nanoseconds);
        cell.wall.push_back(found->wall_nanoseconds);
        cell.page_faults.push_back(found->page_faults);
        operations_[t.name] = found->operations;
    }

    void measure_figures(const task& t, const subject& m) {
        std::vector<figure_line> lines;
        bool strange = false;
        const outcome end = run(commands_.of(t, m), [&](std::string_view line) {
            if (auto f = read_figure(line)) {
                lines.push_back(std::move(*f));
            } else {
                strange = true;
            }
        });
        if (!end.good() || strange) {
            return fail(t, m, strange ? "a line without a figure" : end.reason());
        }
        for (const figure_line& line : lines) {
            if (line.key == "operations") {
                operations_[t.name] = line.value;
            }
        }
        for (const auto& [figure, key] : t.figures) {
            cell_values& cell = values_of(key, m);
            const bool first = cell.series.empty();
            for (const figure_line& line : lines) {
                if (line.key == figure) {
                    cell.runs.push_back(line.value);
                } else if (first && line.key == figure + '+') {
                    cell.series.push_back(line.value);
                }
            }
        }
    }

    cell_values& values_of(const std::string& key, const subject& m) {
        return result_.values[key][m.name];
    }

    const suite_plan& plan_;
    const suite_settings& settings_;
    task_commands commands_;
    std::vector<const subject*> present_;
    std::set<std::pair<std::string, std::string>> failed_;
    scratch files_;
    std::map<std::string, double> operations_; // of a task: in an iteration, in a scenario's run
    suite_result result_;
    std::size_t at_ = 0;
    std::size_t of_ = 0;
};

} // namespace

suite_result run_suite(const suite_plan& plan, const std::vector<subject>& mallocs,
                       const suite_settings& settings) {
    return execution(plan, mallocs, settings).run_all();
}

} // namespace ebb::bench::suite
