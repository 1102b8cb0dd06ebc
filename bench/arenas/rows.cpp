#include <ebb/alloc/base/bytes.h>
#include <ebb/bench/arenas/rows.h>

#include <algorithm>
#include <array>

namespace ebb::bench::arenas {
namespace {

constexpr std::uint64_t thousand = 1000;
constexpr std::uint64_t million = 1'000'000;

constexpr std::array subjects{
    arena_subject{"bump", kind::rounds},
    arena_subject{"pool", kind::one_size},
    arena_subject{"sized"},
    arena_subject{"std_monotonic", kind::rounds},
    arena_subject{"std_pool"},
    arena_subject{"boost_monotonic", kind::rounds, "libboost-container1.81-dev"},
    arena_subject{"boost_pool", kind::any_size, "libboost-container1.81-dev"},
    arena_subject{"boost_fast_pool", kind::shared, "libboost1.81-dev"},
    arena_subject{"malloc"},
};

// group, name, label, iterations, counted, in_rounds, one_size, ends, live bytes
constexpr std::array rows{
    load{"pairs", "pair_24", "a block of 24 B, and its free, ns", 10 * million, 100 * thousand,
         false, true},
    load{"pairs", "pair_64", "of 64 B", 10 * million, 100 * thousand, false, true},
    load{"pairs", "pair_small", "of 8..128 B at random", 5 * million, 200 * thousand},
    load{"pairs", "pair_mixed", "of 16..4096 B at random", 5 * million, 200 * thousand},
    load{"lifo", "lifo_24", "1000 x 24 B, the last freed first, ns a block", 10 * thousand, 100,
         true, true},
    load{"lifo", "lifo_64", "of 64 B", 10 * thousand, 100, true, true},
    load{"lifo", "lifo_small", "of 8..128 B at random", 5 * thousand, 100, true},
    load{"lifo", "lifo_mixed", "of 16..4096 B at random", 3 * thousand, 100, true},
    load{"batches", "batch_64", "1000 x 64 B, the first freed first, ns a block", 10 * thousand,
         100, true, true},
    load{"batches", "batch_512", "of 512 B", 5 * thousand, 100, true, true},
    load{"batches", "batch_4096", "of 4 KiB", 3 * thousand, 100, true, true},
    load{"window", "window_24", "4096 x 24 B live, a random one replaced, ns", 3 * million,
         200 * thousand, false, true},
    load{"window", "window_64", "of 64 B", 3 * million, 200 * thousand, false, true},
    load{"window", "window_small", "of 8..128 B at random", 2 * million, 200 * thousand},
    load{"window", "window_mixed", "of 16..4096 B at random", 2 * million, 200 * thousand},
    load{"fill", "fill_24", "10^6 x 24 B allocated, ns a block", million, 200 * thousand, true,
         true, false, 32 * mib},
    load{"fill", "fill_64", "of 64 B", million, 200 * thousand, true, true, false, 64 * mib},
    load{"fill", "fill_small", "of 8..128 B at random", million, 200 * thousand, true, false, false,
         128 * mib},
    load{"fill", "fill_mixed", "of 16..4096 B at random", million, 200 * thousand, true, false,
         false, 1024 * mib},
    load{"cold", "cold_24", "10^6 x 24 B freed in random order, ns a free", million, 200 * thousand,
         false, true, false, 32 * mib},
    load{"cold", "cold_64", "of 64 B", million, 200 * thousand, false, true, false, 64 * mib},
    load{"cold", "cold_small", "of 8..128 B at random", million, 200 * thousand, false, false,
         false, 128 * mib},
    load{"cold", "cold_mixed", "of 16..4096 B at random", million, 200 * thousand, false, false,
         false, 1024 * mib},
    load{"request", "request_1", "an arena made, 1 block of 8..128 B, ended, ns", 200 * thousand,
         10 * thousand, true, false, true},
    load{"request", "request_20", "20 blocks", 100 * thousand, 5 * thousand, true, false, true},
    load{"request", "request_1000", "1000 blocks", 5 * thousand, 200, true, false, true},
};

} // namespace

std::span<const arena_subject> all_subjects() noexcept {
    return subjects;
}
std::span<const load> loads() noexcept {
    return rows;
}

bool serves(const arena_subject& s, const load& l) noexcept {
    switch (s.is) {
    case kind::rounds:
        return l.in_rounds;
    case kind::one_size:
    case kind::shared:
        return l.one_size;
    case kind::any_size:
        break;
    }
    return true;
}

std::string key_of(const load& l) {
    std::string key(l.name);
    std::replace(key.begin(), key.end(), '_', '-');
    return key;
}

std::vector<std::string> names_of_rows() {
    std::vector<std::string> names;
    for (const load& l : rows) {
        if (std::find(names.begin(), names.end(), l.group) == names.end()) {
            names.emplace_back(l.group);
        }
    }
    for (const load& l : rows) {
        names.push_back(key_of(l));
    }
    return names;
}

} // namespace ebb::bench::arenas
