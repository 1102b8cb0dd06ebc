// The maps under bytes that anyone made up, beside std::unordered_map (tests/maps/traces/trace.h):
// kinds of keys and values, hashes, copies that throw, arenas that fail at the nth allocation.
//
//     byte 0    which map and kind
//     byte 1    how the hash spreads
//     the rest  steps of four bytes
#include <tests/maps/traces/trace.h>

#include <cstdio>
#include <cstdlib>
#include <span>

namespace {

using namespace tests;

// A page that throws when it is made or copied: a hash_map splits for every 128 of them.
using page = tracked<faults::copy | faults::construct, true, 8, 4096>;

template <class Family, class Key, class Value, std::size_t Most = 2000>
void follow(std::span<const std::uint8_t> steps, spread as) {
    census::live = 0;
    try {
        trace<Family, Key, Value> t(as);
        t.run(steps, as == spread::few || as == spread::constant ? Most / 10 : Most);
    } catch (const difference& d) {
        faults::disarm();
        std::fprintf(stderr, "fuzz: %s\n", d.what());
        std::abort();
    }
    if (census::live != 0) {
        std::fprintf(stderr, "fuzz: %lld objects left\n", static_cast<long long>(census::live));
        std::abort();
    }
}

constexpr decltype(&follow<hash_map, int, int>) subjects[] = {
    follow<hash_map, int, page, 1000>,
    follow<hash_map, int, int>,
    follow<hash_map, std::string, throwing_copy>,   // in arrays
    follow<hash_map, throwing_copy, throwing_copy>, // in slots
    follow<hash_map, throwing, throwing>,           // in nodes
    follow<plain_hash_map, int, page, 1000>,
    follow<own_hash_map, move_only, aligned<64>>,
    follow<pmr_hash_map, throwing_copy, std::string>,
    follow<node_hash_map, throwing_copy, std::string>,
    follow<plain_node_hash_map, throwing, throwing_copy>,
    follow<hash_set, std::string, int>,
    follow<hash_set, page, int, 1000>,
    follow<hash_set, throwing, int>,
    follow<node_hash_set, throwing_copy, int>,
    follow<go_map, throwing, throwing>,
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) {
        return 0;
    }
    subjects[data[0] % std::size(subjects)]({data + 2, size - 2}, static_cast<spread>(data[1] % 6));
    return 0;
}
