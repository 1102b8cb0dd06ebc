#include <ebb/bench/peers/runner.h>
#include <ebb/bench/process/child.h>
#include <ebb/bench/process/figure.h>
#include <ebb/bench/turn.h>

#include <fmt/core.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace ebb::bench::peers {
namespace {

void describe(map_subject& s) {
    if (!std::filesystem::is_regular_file(s.program)) {
        s.missing = "not built: no program " + s.program;
        return;
    }
    command what;
    what.words = {s.program, "describe"};
    const outcome end = run(what, [&s](std::string_view line) {
        const std::size_t tab = line.find('\t');
        if (tab != std::string_view::npos) {
            s.label = line.substr(0, tab);
            s.version = line.substr(tab + 1);
        }
    });
    if (!end.good() || s.label.empty()) {
        s.missing = end.good() ? "doesn't describe itself" : end.reason();
    }
}

class execution {
  public:
    execution(const map_plan& plan, const std::vector<map_subject>& maps, const map_settings& s)
        : settings_(s) {
        result_.plan = plan;
        result_.maps = maps;
        result_.rounds = s.rounds;
        result_.quick = s.quick;
        result_.beside = s.beside;
        for (const map_subject& m : maps) {
            if (m.missing.empty()) {
                present_.push_back(&m);
            }
        }
    }

    map_result run_all() {
        const auto& plan = result_.plan;
        const std::size_t of =
            settings_.rounds * plan.blocks.size() * plan.scenarios.size() * present_.size();
        std::size_t at = 0;
        for (std::size_t round = 0; round < settings_.rounds; ++round) {
            std::size_t task = 0;
            for (const block& b : plan.blocks) {
                for (const std::string_view scenario : plan.scenarios) {
                    for (std::size_t n = 0; n < present_.size(); ++n) {
                        const map_subject& m = *present_[turn(round, task, n, present_.size())];
                        settings_.before(
                            ++at, of,
                            fmt::format("{} {} x {} {}", scenario, b.count, b.value_bytes, m.name));
                        measure(b, scenario, m);
                    }
                    ++task;
                }
            }
        }
        return std::move(result_);
    }

  private:
    void measure(const block& b, std::string_view scenario, const map_subject& m) {
        if (failed_.contains({b, scenario, m.name})) {
            return;
        }
        command what;
        what.words = {m.program,
                      std::string(scenario),
                      std::string(key_kind_names[static_cast<std::size_t>(b.kind)]),
                      std::to_string(b.count),
                      std::to_string(b.value_bytes),
                      std::to_string(operations_of(b, settings_.quick))};
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
            failed_.insert({b, scenario, m.name});
            result_.failures.push_back(fmt::format(
                "{} {} keys, {} x {} bytes, {}: {}", scenario, what.words[2], b.count,
                b.value_bytes, m.name, strange ? "a line without a figure" : end.reason()));
            return;
        }
        for (const column& c : result_.plan.wanted) {
            for (const figure_line& line : lines) {
                if (c.scenario == scenario && line.key == c.figure) {
                    result_.values[b][std::string(c.key)][m.name].push_back(line.value);
                }
            }
        }
    }

    const map_settings& settings_;
    std::vector<const map_subject*> present_;
    std::set<std::tuple<block, std::string_view, std::string>> failed_;
    map_result result_;
};

} // namespace

std::vector<map_subject> find_maps(const std::string& folder) {
    std::ifstream list(folder + "/list");
    if (!list) {
        throw std::runtime_error("no list of maps " + folder + "/list");
    }
    std::vector<map_subject> all;
    for (std::string line; std::getline(list, line);) {
        const std::size_t tab = line.find('\t');
        if (tab == std::string::npos) {
            continue;
        }
        map_subject s;
        s.name = line.substr(0, tab);
        s.missing = line.substr(tab + 1);
        if (s.missing.empty()) {
            s.program = folder + '/' + s.name;
            describe(s);
        }
        all.push_back(std::move(s));
    }
    return all;
}

map_result run_maps(const map_plan& plan, const std::vector<map_subject>& maps,
                    const map_settings& settings) {
    return execution(plan, maps, settings).run_all();
}

} // namespace ebb::bench::peers
