#include <ebb/bench/programs/compare.h>
#include <ebb/bench/report/median.h>
#include <ebb/bench/report/rank_test.h>

namespace ebb::bench {
namespace {

std::optional<double> plain(const std::optional<std::uint64_t>& bytes) {
    return bytes ? std::optional(static_cast<double>(*bytes)) : std::nullopt;
}

double median_of(const std::vector<double>& values) {
    return spread_of(std::vector<std::optional<double>>(values.begin(), values.end()))->median;
}

// How a run failed, in place of figures; empty when it didn't.
std::string failure(const run_record& run) {
    const std::string wrong = run.wrong();
    if (!wrong.empty()) {
        return "didn't answer: " + wrong;
    }
    return run.how.good()
               ? std::string()
               : run.how.words() + (run.first_error.empty() ? "" : ": " + run.first_error);
}

} // namespace

const std::array<measure, 4> measures{{
    {"wall", "wall_seconds", [](const run_record& r) { return std::optional(r.how.seconds); },
     false},
    {"CPU", "cpu_seconds",
     [](const run_record& r) { return std::optional(r.how.user_seconds + r.how.system_seconds); },
     false},
    {"peak resident", "peak_resident", [](const run_record& r) { return plain(r.peak_resident()); },
     true},
    {"resident at exit", "resident_at_exit",
     [](const run_record& r) {
         return r.first() == nullptr ? std::nullopt : plain(r.first()->resident);
     },
     true},
}};

std::vector<double> contender::values(const measure& m) const {
    std::vector<double> all;
    for (const run_record& run : runs) {
        const auto value = m.of(run);
        if (!value) {
            return {};
        }
        all.push_back(*value);
    }
    return all;
}

const contender* comparison::reference() const noexcept {
    for (const contender& c : all) {
        if (c.measured()) {
            return &c;
        }
    }
    return nullptr;
}

comparison compare(const std::vector<chosen_malloc>& mallocs, const task& what, std::size_t runs,
                   const compare_progress& before) {
    comparison made;
    std::vector<contender>& all = made.all;
    for (const chosen_malloc& malloc : mallocs) {
        contender& c = all.emplace_back();
        c.malloc = malloc;
        c.missing = malloc.missing;
    }
    scratch files;
    std::size_t at = 0;
    for (std::size_t round = 0; round < runs; ++round) {
        for (std::size_t i = 0; i < all.size(); ++i) {
            contender& c = all[(i + round) % all.size()];
            ++at;
            if (!c.missing.empty()) {
                continue;
            }
            before(at, runs * all.size(), c.malloc.name);
            run_options quietly;
            quietly.quiet = true;
            const run_record run = run_under(c.malloc, what, quietly, files);
            if (run.how.interrupted != 0) {
                made.interrupted = run.how.interrupted;
                return made;
            }
            c.missing = failure(run);
            c.wrong = !c.missing.empty() && !run.wrong().empty();
            c.runs.push_back(run);
        }
    }
    return made;
}

std::vector<std::optional<difference>> differences(const comparison& c, const measure& m) {
    std::vector<std::optional<difference>> found(c.all.size());
    const contender* const reference = c.reference();
    const std::vector<double> first =
        reference == nullptr ? std::vector<double>() : reference->values(m);
    if (first.empty()) {
        return found;
    }
    std::vector<double> p;
    std::vector<std::size_t> whose;
    for (std::size_t i = 0; i < c.all.size(); ++i) {
        const bool compared = c.all[i].measured() && &c.all[i] != reference;
        const std::vector<double> own = compared ? c.all[i].values(m) : std::vector<double>();
        if (!own.empty()) {
            found[i].emplace();
            found[i]->ratio = median_of(own) / median_of(first);
            found[i]->p = rank_test(first, own);
            p.push_back(found[i]->p);
            whose.push_back(i);
        }
    }
    const std::vector<double> corrected = holm(p);
    for (std::size_t i = 0; i < whose.size(); ++i) {
        found[whose[i]]->p_holm = corrected[i];
    }
    return found;
}

} // namespace ebb::bench
