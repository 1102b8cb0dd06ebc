#include <ebb/alloc/base/bytes.h>
#include <ebb/bench/malloc/plan.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

namespace ebb::bench::suite {
namespace {

constexpr std::uint64_t quick_most_bytes = 64 * mib;

std::string key_of(std::string_view benchmark) {
    std::string key(benchmark);
    std::replace(key.begin(), key.end(), '/', '-');
    std::replace(key.begin(), key.end(), '_', '-');
    return key;
}

row row_of(const micro& m) {
    // A ledger of one malloc alone has no place in a mean over all.
    return {key_of(m.benchmark),
            std::string(m.group),
            std::string(m.label),
            measure::nanoseconds,
            m.with == runs_with::every_malloc ? mean_of::micro : mean_of::none,
            m.iterations};
}

std::array<std::pair<std::string, row>, 5> rows_of(std::string_view name, std::string_view what) {
    using enum measure;
    const std::string stem(name);
    const std::string group = "programs";
    return {
        {{"wall", {stem + "-wall", group, std::string(what) + ": wall s", seconds, mean_of::wall}},
         {"cpu", {stem + "-cpu", group, "  CPU s", seconds, mean_of::cpu}},
         {"peak", {stem + "-peak", group, "  peak RSS, MB", megabytes, mean_of::peak}},
         {"faults", {stem + "-faults", group, "  page faults", measure::count}},
         {"calls", {stem + "-calls", group, "  system calls", measure::count}}}};
}

class planner {
  public:
    planner(const suite_choice& c, std::optional<std::uint64_t> available_bytes)
        : choice_(c), available_(available_bytes) {}

    [[nodiscard]] bool wants(const row& r) const {
        const auto named = [&](const std::string& name) {
            return std::find(choice_.only.begin(), choice_.only.end(), name) != choice_.only.end();
        };
        return choice_.only.empty() || named(r.group) || named(r.key);
    }

    // Half again of what is live, and what a program itself takes.
    [[nodiscard]] bool fits(const std::string& name, std::uint64_t live_bytes) {
        if (!available_ || live_bytes / 2 * 3 + 64 * mib <= *available_) {
            return true;
        }
        plan_.notes.push_back(name + ": not run, " + std::to_string(*available_ / mib) +
                              " MiB available");
        return false;
    }

    void add(const micro& m) {
        const row r = row_of(m);
        if (!wants(r)) {
            return;
        }
        if (choice_.quick && m.live_bytes > quick_most_bytes) {
            plan_.notes.push_back(r.key + ": not run by --quick");
        } else if (fits(r.key, m.live_bytes)) {
            plan_.rows.push_back(r);
            plan_.tasks.push_back({std::string(m.benchmark),
                                   task_kind::micro,
                                   {std::string(m.benchmark), std::string(m.suffix)},
                                   {{"", r.key}},
                                   m.with,
                                   {},
                                   m.iterations,
                                   m.counted_iterations,
                                   m.budget});
        }
    }

    template <class Rows>
    void add(task t, const Rows& rows, std::uint64_t live_bytes) {
        std::vector<row> wanted;
        for (const auto& [figure, r] : rows) {
            if (wants(r)) {
                wanted.push_back(r);
                t.figures.emplace_back(figure, r.key);
            }
        }
        if (!wanted.empty() && fits(t.name, live_bytes)) {
            plan_.rows.insert(plan_.rows.end(), wanted.begin(), wanted.end());
            plan_.tasks.push_back(std::move(t));
        }
    }

    void add_programs(scratch& inputs) {
        const auto& known = known_programs();
        const bool any = std::any_of(known.begin(), known.end(), [&](const auto& p) {
            const auto rows = rows_of(p.name, p.what);
            return std::any_of(rows.begin(), rows.end(),
                               [&](const auto& r) { return wants(r.second); });
        });
        if (!any) {
            return;
        }
        for (program& p : make_programs(inputs, choice_.quick)) {
            const auto rows = rows_of(p.name, p.what);
            if (!p.missing.empty()) {
                plan_.notes.push_back(p.name + ": " + p.missing);
                continue;
            }
            task t;
            t.name = p.name;
            t.kind = task_kind::program;
            t.under = p;
            add(std::move(t), rows, 200 * mib);
        }
    }

    [[nodiscard]] suite_plan done() && { return std::move(plan_); }

  private:
    const suite_choice& choice_;
    std::optional<std::uint64_t> available_;
    suite_plan plan_;
};

} // namespace

std::vector<std::string> names_in_suite() {
    std::vector<std::string> groups;
    std::vector<std::string> keys;
    const auto note = [&](const row& r) {
        if (std::find(groups.begin(), groups.end(), r.group) == groups.end()) {
            groups.push_back(r.group);
        }
        keys.push_back(r.key);
    };
    for (const micro& m : micros()) {
        note(row_of(m));
    }
    for (const scenario& s : scenarios(false)) {
        for (const auto& [figure, r] : s.rows) {
            note(r);
        }
    }
    for (const auto& p : known_programs()) {
        for (const auto& [figure, r] : rows_of(p.name, p.what)) {
            note(r);
        }
    }
    // A row may be its group.
    std::vector<std::string> all = groups;
    std::copy_if(keys.begin(), keys.end(), std::back_inserter(all), [&](const std::string& key) {
        return std::find(groups.begin(), groups.end(), key) == groups.end();
    });
    return all;
}

suite_plan make_suite_plan(const suite_choice& c, std::optional<std::uint64_t> available_bytes,
                           scratch& inputs) {
    planner plan(c, available_bytes);
    for (const micro& m : micros()) {
        plan.add(m);
    }
    for (const scenario& s : scenarios(c.quick)) {
        if (s.asked_for && c.only.empty() && !c.full) {
            continue;
        }
        task t;
        t.name = s.name;
        t.kind = task_kind::scenario;
        t.words = s.words;
        t.budget = s.budget;
        plan.add(std::move(t), s.rows, s.live_bytes);
    }
    plan.add_programs(inputs);
    return std::move(plan).done();
}

} // namespace ebb::bench::suite
