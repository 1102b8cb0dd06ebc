#include <ebb/bench/peers/counts.h>
#include <ebb/bench/peers/runner.h>
#include <ebb/bench/process/child.h>
#include <ebb/bench/process/figure.h>
#include <ebb/bench/turn.h>

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <utility>

namespace ebb::bench::peers {
namespace {

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
        const auto rounds = tasks(true);
        const auto counts = tasks(false);
        of_ = (settings_.rounds * rounds.size() + counts.size()) * present_.size();
        for (std::size_t round = 0; round < settings_.rounds; ++round) {
            run_each(rounds, round);
        }
        run_each(counts, 0);
        return std::move(result_);
    }

  private:
    // One process with each map.
    struct task {
        block at;
        std::string_view scenario;
        said_by by;
        // clang-tidy 14 sees a comparison with 0 in it.
        friend auto operator<=>(const task&,
                                const task&) = default; // NOLINT(modernize-use-nullptr)
    };

    [[nodiscard]] std::vector<task> tasks(bool in_rounds) const {
        std::vector<task> all;
        for (const block& b : result_.plan.blocks) {
            for (const column& c : result_.plan.wanted) {
                const task one{b, c.scenario, c.by};
                if ((c.by == said_by::rounds) == in_rounds && result_.plan.has(b, c) &&
                    std::find(all.begin(), all.end(), one) == all.end()) {
                    all.push_back(one);
                }
            }
        }
        return all;
    }

    void run_each(const std::vector<task>& all, std::size_t round) {
        for (std::size_t i = 0; i < all.size(); ++i) {
            for (std::size_t n = 0; n < present_.size(); ++n) {
                const map_subject& m = *present_[turn(round, i, n, present_.size())];
                settings_.before(++at_, of_,
                                 fmt::format("{} {} x {} {}", all[i].scenario, all[i].at.count,
                                             all[i].at.value_bytes, m.name));
                measure(all[i], m);
            }
        }
    }

    void measure(const task& t, const map_subject& m) {
        if (failed_.contains({t, m.name})) {
            return;
        }
        const std::size_t entries =
            t.by == said_by::callgrind ? std::min(t.at.count, most_under_callgrind) : t.at.count;
        const bool seeded = t.by != said_by::rounds && !m.counted.empty();
        command what;
        what.words = {seeded ? m.counted : m.program,
                      std::string(t.scenario),
                      std::string(key_kind_names[static_cast<std::size_t>(t.at.kind)]),
                      std::to_string(entries),
                      std::to_string(t.at.value_bytes),
                      std::to_string(operations_of(t.at, settings_.quick))};
        const bool counts = t.by == said_by::callgrind || t.by == said_by::strace;
        for (const figure_line& line : counts ? counted_by(what, t, m) : printed_by(what, t, m)) {
            for (const column& c : result_.plan.wanted) {
                if (c.scenario == t.scenario && c.by == t.by && line.key == c.figure) {
                    result_.values[t.at][std::string(c.key)][m.name].push_back(
                        line.value / share_of(c, entries));
                }
            }
        }
    }

    std::vector<figure_line> printed_by(const command& what, const task& t, const map_subject& m) {
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
            failed_.insert({t, m.name});
            result_.failures.push_back(described(t, m) +
                                       (strange ? "a line without a figure" : end.reason()));
            return {};
        }
        return lines;
    }

    std::vector<figure_line> counted_by(const command& what, const task& t, const map_subject& m) {
        counts found = counted(what, t.by);
        if (!found.missing.empty()) {
            // The same tool is missing for every map: one note.
            const bool tool = found.missing.starts_with("not installed");
            const std::string note = (tool ? "not counted: " : described(t, m)) + found.missing;
            auto& notes = result_.plan.notes;
            if (std::find(notes.begin(), notes.end(), note) == notes.end()) {
                notes.push_back(note);
            }
        }
        return std::move(found.figures);
    }

    [[nodiscard]] static std::string described(const task& t, const map_subject& m) {
        return fmt::format("{} {} keys, {} x {} bytes, {}: ", t.scenario,
                           key_kind_names[static_cast<std::size_t>(t.at.kind)], t.at.count,
                           t.at.value_bytes, m.name);
    }

    const map_settings& settings_;
    std::vector<const map_subject*> present_;
    std::set<std::pair<task, std::string>> failed_;
    std::size_t at_ = 0;
    std::size_t of_ = 0;
    map_result result_;
};

} // namespace

map_result run_maps(const map_plan& plan, const std::vector<map_subject>& maps,
                    const map_settings& settings) {
    return execution(plan, maps, settings).run_all();
}

} // namespace ebb::bench::peers
