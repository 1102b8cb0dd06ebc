#include <ebb/bench/malloc/plan.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

namespace ebb::bench::suite {
namespace {

struct micro {
    std::string_view group;
    std::string_view benchmark; ///< as Google Benchmark names it, without what `threads` appends
    std::string_view label;
    std::uint64_t live_bytes = 0; ///< what it holds; beyond 64 MiB it isn't run by --quick
    std::string_view suffix = "";
    bool with_ledger = false;
};

constexpr std::uint64_t mib = 1 << 20;
constexpr std::uint64_t quick_most_bytes = 64 * mib;

constexpr std::array micros{
    micro{"pairs", "pair/8", "malloc+free 8 B, ns"},
    micro{"pairs", "pair/64", "malloc+free 64 B, ns"},
    micro{"pairs", "pair/512", "malloc+free 512 B, ns"},
    micro{"pairs", "pair/4096", "malloc+free 4 KiB, ns"},
    micro{"pairs", "pair/65536", "malloc+free 64 KiB, ns"},
    micro{"batches", "batch/64", "batch of 1000 x 64 B, ns a block"},
    micro{"batches", "batch_mixed", "batch of 1000 x 16..4096 B, ns a block"},
    micro{"churn", "churn/1000", "churn, 1000 x 16..4096 B, ns"},
    micro{"churn", "churn/100000", "churn, 100,000 x 16..4096 B, ns"},
    micro{"cross", "cross_thread", "cross-thread 64 B, CPU ns both sides", 0, "/manual_time"},
    micro{"large", "pair/1048576", "1 MiB pair, ns"},
    micro{"large", "untouched/64", "64 MiB pair, ns"},
    micro{"large", "touched/64", "64 MiB pair, every page written, ns a page", 64 * mib},
    micro{"growth", "zeroed/256", "calloc+free 256 B, ns"},
    micro{"growth", "zeroed/65536", "calloc+free 64 KiB, ns"},
    micro{"growth", "zeroed/1048576", "calloc+free 1 MiB, ns"},
    micro{"growth", "realloc_doubling", "realloc 16 B to 1 MiB, doubling, ns a step"},
    micro{"growth", "realloc_eighth", "realloc 16 B to 1 MiB, by 1/8, ns a step"},
    micro{"threads", "threads/1", "churn in 1 thread, ns", 0, "/manual_time"},
    micro{"threads", "threads/2", "churn in 2 threads, ns x cores", 0, "/manual_time"},
    micro{"threads", "threads/4", "churn in 4 threads, ns x cores", 0, "/manual_time"},
    micro{"threads", "threads/16", "churn in 16 threads, ns x cores", 0, "/manual_time"},
    micro{"threads", "threads/64", "churn in 64 threads, ns x cores", 0, "/manual_time"},
    micro{"threads", "threads/256", "churn in 256 threads, ns x cores", 0, "/manual_time"},
    micro{"live", "live/1", "churn with 1 MB live, ns", mib},
    micro{"live", "live/64", "churn with 64 MB live, ns", 64 * mib},
    micro{"live", "live/1024", "churn with 1 GB live, ns", 1024 * mib},
    micro{"live", "live/4096", "churn with 4 GB live, ns", 4096 * mib},
    micro{"snapshot", "snapshot/1", "snapshot, 1 thread, ns", 0, "", true},
    micro{"snapshot", "snapshot/64", "snapshot, 64 threads, ns", 0, "", true},
};

struct scenario {
    std::string name;
    std::vector<std::string> words;
    std::uint64_t live_bytes;
    std::vector<std::pair<std::string, row>> rows; ///< by the figure that fills it
};

scenario after_peak(const std::string& key, const std::string& what, std::string least,
                    std::string most, std::uint64_t live_bytes) {
    using enum measure;
    const std::string stem = "peak-" + key;
    return {
        "after-peak " + key,
        {"after-peak", "1000000", std::move(least), std::move(most)},
        live_bytes,
        {{"full", {stem + "-full", "peak", "10^6 x " + what + ": RSS when full, MB", megabytes}},
         {"at-once",
          {stem + "-at-once", "peak", "  a random 99 % freed: RSS at once, MB", megabytes}},
         {"idle",
          {stem + "-idle", "peak", "  RSS after 1 s idle, MB", megabytes, mean_of::after_peak}},
         {"free", {stem + "-free", "peak", "  the freeing, CPU ms", milliseconds}}}};
}

std::vector<scenario> scenarios(bool quick) {
    using enum measure;
    const std::string teeth = quick ? "5" : "20";
    return {
        {"start", {"start"}, 0, {{"resident", {"start", "start", "start-up RSS, MB", megabytes}}}},
        after_peak("128", "128 B", "128", "128", 200 * mib),
        after_peak("mixed", "16..4096 B", "16", "4096", 1200 * mib),
        {"after-large",
         {"after-large"},
         100 * mib,
         {{"idle",
           {"large-idle", "peak", "64 MiB written, freed: RSS after 1 s idle, MB", megabytes}}}},
        {"saw-tooth",
         {"saw-tooth", teeth},
         500 * mib,
         {{"cpu",
           {"saw-cpu", "saw", "saw-tooth 200 to 10 MB, " + teeth + " teeth: CPU ms", milliseconds}},
          {"mean", {"saw-mean", "saw", "  RSS, mean of tops and bottoms, MB", megabytes}},
          {"most", {"saw-most", "saw", "  RSS, the highest, MB", megabytes}}}},
        {"exact",
         {"exact"},
         1000 * mib,
         {{"error", {"exact-error", "exact", "live requested, 4 threads: error, bytes", bytes}}}},
    };
}

std::string key_of(std::string_view benchmark) {
    std::string key(benchmark);
    std::replace(key.begin(), key.end(), '/', '-');
    std::replace(key.begin(), key.end(), '_', '-');
    return key;
}

row row_of(const micro& m) {
    // A ledger of one malloc alone has no place in a mean over all.
    return {key_of(m.benchmark), std::string(m.group), std::string(m.label), measure::nanoseconds,
            m.with_ledger ? mean_of::none : mean_of::micro};
}

std::array<std::pair<std::string, row>, 3> rows_of(std::string_view name, std::string_view what) {
    using enum measure;
    const std::string stem(name);
    const std::string group = "programs";
    return {
        {{"wall", {stem + "-wall", group, std::string(what) + ": wall s", seconds, mean_of::wall}},
         {"cpu", {stem + "-cpu", group, "  CPU s", seconds, mean_of::cpu}},
         {"peak", {stem + "-peak", group, "  peak RSS, MB", megabytes, mean_of::peak}}}};
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
            const std::string benchmark = std::string(m.benchmark) + std::string(m.suffix);
            plan_.rows.push_back(r);
            plan_.tasks.push_back(
                {benchmark, task_kind::micro, {benchmark}, {{"", r.key}}, m.with_ledger, {}});
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
            add(task{p.name, task_kind::program, {}, {}, false, p}, rows, 200 * mib);
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
    for (const micro& m : micros) {
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
    for (const micro& m : micros) {
        plan.add(m);
    }
    for (const scenario& s : scenarios(c.quick)) {
        plan.add(task{s.name, task_kind::scenario, s.words, {}, false, {}}, s.rows, s.live_bytes);
    }
    plan.add_programs(inputs);
    return std::move(plan).done();
}

} // namespace ebb::bench::suite
