// bench_arenas_cell: one load with one arena, in a process of its own.
//
//     bench_arenas_cell SUBJECT LOAD ITERATIONS      prints its figures (process/figure.h)
//     bench_arenas_cell --subjects                   prints the subjects that it was built with
//
// Exit: 0 measured, 2 usage.
#include <ebb/bench/arenas/loads.h>
#include <ebb/bench/arenas/subjects.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

using namespace ebb::bench::arenas; // NOLINT: a program's own file

/// What was asked for: "lifo_small" is the load lifo of sizes small.
struct words {
    std::string_view subject;
    std::string_view load;
    std::string_view sizes;
    std::size_t iterations = 0;
};

// Each of these runs what is asked for, or returns false where it is another's.

template <class Subject, class Sizes>
bool in_rounds(const words& w) {
    if (w.load == "lifo") {
        batch<Subject, Sizes, true>(w.iterations);
    } else if (w.load == "batch") {
        batch<Subject, Sizes, false>(w.iterations);
    } else if (w.load == "fill") {
        many<Subject, Sizes, false>(w.iterations);
    } else {
        return false;
    }
    return true;
}

template <class Subject, class Sizes>
bool at_will(const words& w) {
    if (w.load == "pair") {
        pair<Subject, Sizes>(w.iterations);
    } else if (w.load == "window") {
        window<Subject, Sizes>(w.iterations);
    } else if (w.load == "cold") {
        many<Subject, Sizes, true>(w.iterations);
    } else {
        return in_rounds<Subject, Sizes>(w);
    }
    return true;
}

template <class Subject>
bool ends(const words& w) {
    if (w.load != "request") {
        return false;
    }
    if (w.sizes == "1") {
        request<Subject, small, 1>(w.iterations);
    } else if (w.sizes == "20") {
        request<Subject, small, 20>(w.iterations);
    } else if (w.sizes == "1000") {
        request<Subject, small, 1000>(w.iterations);
    } else {
        return false;
    }
    return true;
}

// `run` with the sizes that are asked for.
template <class Run>
bool with_fixed(const words& w, const Run& run) {
    if (w.sizes == "24") {
        return run.template operator()<fixed<24>>();
    }
    if (w.sizes == "64") {
        return run.template operator()<fixed<64>>();
    }
    if (w.sizes == "512") {
        return run.template operator()<fixed<512>>();
    }
    return w.sizes == "4096" && run.template operator()<fixed<4096>>();
}
template <class Run>
bool with_sizes(const words& w, const Run& run) {
    if (w.sizes == "small") {
        return run.template operator()<small>();
    }
    if (w.sizes == "mixed") {
        return run.template operator()<mixed>();
    }
    return with_fixed(w, run);
}

template <class Subject>
bool of_rounds(const words& w) {
    return ends<Subject>(w) ||
           with_sizes(w, [&]<class Sizes>() { return in_rounds<Subject, Sizes>(w); });
}
template <class Subject>
bool of_any_size(const words& w) {
    return ends<Subject>(w) ||
           with_sizes(w, [&]<class Sizes>() { return at_will<Subject, Sizes>(w); });
}
bool of_pool(const words& w) {
    return with_fixed(w, [&]<class Sizes>() { return at_will<pool_subject, Sizes>(w); });
}
#ifdef EBB_BOOST
bool of_fast_pool(const words& w) {
    return with_fixed(
        w, [&]<class Sizes>() { return at_will<fast_pool_subject<Sizes::most>, Sizes>(w); });
}
#endif

struct known {
    std::string_view name;
    bool (*run)(const words& w);
};
constexpr known subjects[] = {
    {"bump", of_rounds<bump_subject>},
    {"pool", of_pool},
    {"sized", of_any_size<sized_subject>},
    {"std_monotonic", of_rounds<std_monotonic_subject>},
    {"std_pool", of_any_size<std_pool_subject>},
#ifdef EBB_BOOST_CONTAINER
    {"boost_monotonic", of_rounds<boost_monotonic_subject>},
    {"boost_pool", of_any_size<boost_pool_subject>},
#endif
#ifdef EBB_BOOST
    {"boost_fast_pool", of_fast_pool},
#endif
    {"malloc", of_any_size<malloc_subject>},
};

} // namespace

int main(int argc, char** argv) {
    if (argc == 2 && argv[1] == std::string_view("--subjects")) {
        for (const known& k : subjects) {
            std::printf("%.*s\n", static_cast<int>(k.name.size()), k.name.data());
        }
        return 0;
    }
    if (argc == 4) {
        const std::string_view load = argv[2];
        const std::size_t at = load.find('_');
        words w{argv[1], load.substr(0, at), "", std::strtoul(argv[3], nullptr, 10)};
        if (at != std::string_view::npos) {
            w.sizes = load.substr(at + 1);
        }
        for (const known& k : subjects) {
            if (k.name == w.subject && w.iterations != 0 && k.run(w)) {
                return 0;
            }
        }
    }
    std::fprintf(stderr, "bench_arenas_cell: takes SUBJECT LOAD ITERATIONS, or --subjects\n");
    return 2;
}
