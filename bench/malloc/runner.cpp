#include <ebb/bench/malloc/binding.h>
#include <ebb/bench/malloc/micro_report.h>
#include <ebb/bench/malloc/runner.h>
#include <ebb/bench/process/child.h>
#include <ebb/bench/process/figure.h>
#include <ebb/bench/turn.h>

#include <filesystem>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

namespace ebb::bench::suite {
namespace {

std::string beside(const std::string& name) {
    const auto path = std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
    if (!std::filesystem::is_regular_file(path)) {
        throw std::runtime_error("no program " + path.string());
    }
    return path.string();
}

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
                of_ += runs_with(t, *m) ? s.rounds + (t.kind == task_kind::program ? 1 : 0) : 0;
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
        return std::move(result_);
    }

  private:
    [[nodiscard]] static bool runs_with(const task& t, const subject& m) {
        return !t.with_ledger || m.has_ledger;
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
        const outcome end = run(launch_command(traced, m), [](std::string_view) {});
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
        if (!runs_with(t, m) || failed_.contains({t.name, m.name})) {
            return;
        }
        settings_.before(++at_, of_, t.name + ' ' + m.name);
        switch (t.kind) {
        case task_kind::micro:
            return measure_micro(t, m);
        case task_kind::scenario:
            return measure_figures(t, m, scenario_command(t, m));
        case task_kind::program:
            return measure_figures(t, m, launch_command(t.under, m));
        }
    }

    void measure_micro(const task& t, const subject& m) {
        command what;
        what.words = {micro_,
                      m.name,
                      m.library,
                      "--benchmark_filter=^" + t.words.front() + "$",
                      std::string("--benchmark_min_time=") + (settings_.quick ? "0.02" : "0.1"),
                      "--benchmark_format=json"};
        what.preload = links_.preloadable(m.library);
        std::string text;
        const outcome end = run(what, [&](std::string_view line) { (text += line) += '\n'; });
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
    }

    void measure_figures(const task& t, const subject& m, const command& what) {
        std::vector<figure_line> lines;
        bool strange = false;
        const outcome end = run(what, [&](std::string_view line) {
            if (auto f = read_figure(line)) {
                lines.push_back(std::move(*f));
            } else {
                strange = true;
            }
        });
        if (!end.good() || strange) {
            return fail(t, m, strange ? "a line without a figure" : end.reason());
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

    [[nodiscard]] command scenario_command(const task& t, const subject& m) {
        command what;
        what.words = {cell_, t.words.front(), m.name, m.library};
        what.words.insert(what.words.end(), t.words.begin() + 1, t.words.end());
        what.preload = links_.preloadable(m.library);
        return what;
    }

    [[nodiscard]] command launch_command(const program& p, const subject& m) {
        command what;
        what.words = {cell_, p.socket.empty() ? "launch" : "serve", links_.preloadable(m.library)};
        if (!p.socket.empty()) {
            what.words.push_back(p.socket);
        }
        what.words.insert(what.words.end(), p.words.begin(), p.words.end());
        if (!p.socket.empty()) {
            what.words.emplace_back("--");
            what.words.insert(what.words.end(), p.client.begin(), p.client.end());
        }
        what.environment = p.environment;
        return what;
    }

    const suite_plan& plan_;
    const suite_settings& settings_;
    const std::string micro_ = beside("bench_malloc_micro");
    const std::string cell_ = beside("bench_malloc_cell");
    std::vector<const subject*> present_;
    std::set<std::pair<std::string, std::string>> failed_;
    scratch links_;
    scratch files_;
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
