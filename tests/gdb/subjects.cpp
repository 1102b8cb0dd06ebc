// One of everything that gdb/ shows, with N elements. It writes to FILE what gdb must print for
// each variable, a line each: the name, a tab, the text. Then it calls `stop`.
//
//     subjects N FILE
#include <ebb/alloc/arena/bump.h>
#include <ebb/alloc/arena/charged.h>
#include <ebb/alloc/arena/collected.h>
#include <ebb/alloc/arena/go_heap.h>
#include <ebb/alloc/arena/malloc_arena.h>
#include <ebb/alloc/arena/page_memory.h>
#include <ebb/alloc/arena/pool.h>
#include <ebb/alloc/arena/sized.h>
#include <ebb/alloc/ledger/account.h>
#include <ebb/ebb.h>
#include <ebb/maps/boxed.h>
#include <ebb/maps/go_map.h>
#include <ebb/maps/hash_map.h>
#include <ebb/maps/hash_set.h>
#include <ebb/maps/node_hash_map.h>
#include <ebb/maps/node_hash_set.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

extern "C" [[gnu::noinline]] void stop() {
    asm volatile(""); // gdb's breakpoint
}

namespace {

struct nothing {};
// Hash maps have it in arrays, go_map in its slots.
struct alignas(64) large {
    int number = 0;
    alignas(64) int other = 0;
};
struct huge { // go_map has it in a block
    std::int64_t number = 0;
    alignas(8) std::int64_t others[16] = {};
};
struct key {
    short low = 0;
    long high = 0;
    bool operator==(const key&) const = default;
};
struct hash_of_key {
    std::size_t operator()(const key& k) const { return static_cast<std::size_t>(k.high); }
};

std::string text(std::int64_t n) {
    return std::to_string(n);
}
std::string text(nothing) {
    return "{<No data fields>}";
}
std::string text(const large& v) {
    return "{number = " + text(v.number) + ", other = " + text(v.other) + "}";
}
std::string text(const huge& v) {
    std::string all;
    for (const std::int64_t n : v.others) {
        all += (all.empty() ? "" : ", ") + text(n);
    }
    return "{number = " + text(v.number) + ", others = {" + all + "}}";
}
std::string text(const key& k) {
    return "{low = " + text(k.low) + ", high = " + text(k.high) + "}";
}
std::string text(const ebb::boxed<int>& b) {
    return text(*b);
}

std::string with_commas(std::uint64_t n) {
    std::string digits = std::to_string(n);
    for (std::size_t at = digits.size(); at > 3;) {
        at -= 3;
        digits.insert(at, ",");
    }
    return digits;
}
std::string bytes_text(std::uint64_t n, const char* unit = "") {
    char rounded[40] = "";
    const auto x = static_cast<double>(n);
    if (n >= 1U << 30) {
        std::snprintf(rounded, sizeof rounded, " (%.1f GiB)", x / (1U << 30));
    } else if (n >= 1U << 20) {
        std::snprintf(rounded, sizeof rounded, " (%.1f MiB)", x / (1U << 20));
    } else if (n >= 10U << 10) {
        std::snprintf(rounded, sizeof rounded, " (%.1f KiB)", x / (1U << 10));
    }
    return with_commas(n) + unit + rounded;
}
std::string counted(std::uint64_t n, const char* what) {
    return with_commas(n) + ' ' + what + (n == 1 ? "" : "s");
}

std::ofstream out;
void expect(const char* name, const std::string& shown) {
    out << name << '\t' << shown << '\n';
}

template <class Map>
std::string elements(const Map& m) {
    std::string all;
    for (const auto& e : m) {
        all += all.empty() ? "" : ", ";
        if constexpr (requires { e.second; }) {
            all += "[" + text(e.first) + "] = " + text(e.second);
        } else {
            all += text(e);
        }
    }
    return all.empty() ? "" : " = {" + all + "}";
}

// Filled with N and a third erased again, so that segments have holes and have been merged.
template <class Map>
void fill(Map& m, int count) {
    const auto key_of = [](int i) {
        using key_type = typename Map::key_type;
        if constexpr (std::is_same_v<key_type, key>) {
            return key{static_cast<short>(i % 100), i};
        } else if constexpr (std::is_same_v<key_type, large>) {
            return large{i, -i};
        } else {
            return static_cast<key_type>(i);
        }
    };
    const int more = count + count / 2;
    for (int i = 0; i < more; ++i) {
        if constexpr (requires { typename Map::mapped_type; }) {
            using value = typename Map::mapped_type;
            if constexpr (std::is_same_v<value, large>) {
                m.insert({key_of(i), large{i * 3, -i}});
            } else if constexpr (std::is_same_v<value, huge>) {
                m.insert({key_of(i), huge{i * 3, {i, i + 1}}});
            } else if constexpr (std::is_same_v<value, nothing>) {
                m.insert({key_of(i), nothing{}});
            } else {
                m.insert({key_of(i), value(i * 3)});
            }
        } else {
            m.insert(key_of(i));
        }
    }
    for (int i = count; i < more; ++i) {
        m.erase(key_of(i));
    }
}

template <class Map>
void show_hash(const char* variable, const char* name, Map& m, int count) {
    fill(m, count);
    std::string shown = std::string("ebb::") + name + " with " + counted(m.size(), "element");
    if constexpr (requires { m.arena(); }) {
        using arena = std::remove_cvref_t<decltype(m.arena())>;
        if constexpr (std::is_same_v<arena, ebb::page_memory>) {
            shown += " in " + bytes_text(m.footprint().total(), " bytes") + ", " +
                     bytes_text(m.arena().read().mapped, " bytes") + " mapped";
        }
    }
    expect(variable, shown + elements(m));
}

// The array has more than 2^bits buckets, as Go makes it; none before the first element.
template <class Map>
std::uint64_t buckets(const Map& m) {
    const std::uint64_t bytes = m.footprint().buckets;
    unsigned bits = 0;
    while (bytes > ebb::detail::go_array_buckets(bits, Map::bucket_bytes) * Map::bucket_bytes) {
        ++bits;
    }
    return bytes == 0 ? 0 : std::uint64_t{1} << bits;
}

template <class Map>
void show_go(const char* variable, Map& m, int count) {
    fill(m, count);
    expect(variable, "ebb::go_map with " + counted(m.size(), "element") + " in " +
                         counted(buckets(m), "bucket") + " of " +
                         bytes_text(Map::bucket_bytes, " bytes") +
                         (m.growing() ? ", growing" : "") + elements(m));
}

std::string terms(const ebb::ledger& l) {
    return " = {requested = " + bytes_text(l.requested) + ", slack = " + bytes_text(l.slack) +
           ", dead = " + bytes_text(l.dead) + ", idle = " + bytes_text(l.idle) +
           ", overhead = " + bytes_text(l.overhead) + ", mapped = " + bytes_text(l.mapped) +
           ", peak = " + bytes_text(l.peak) + ", peak_requested = " + bytes_text(l.peak_requested) +
           ", peak_mapped = " + bytes_text(l.peak_mapped) + "}";
}

// N blocks of up to `most` bytes, every third of which goes back at once.
template <class Arena>
void use(Arena& a, int count, std::size_t most) {
    for (int i = 0; i < count; ++i) {
        const std::size_t bytes = 1 + static_cast<std::size_t>(i) % most;
        void* const p = a.allocate(bytes, 8);
        if (i % 3 == 0) {
            a.deallocate(p, bytes, 8);
        }
    }
}
template <class Arena>
void show_arena(const char* variable, const std::string& shown, Arena& a, int count,
                std::size_t most = 1000) {
    use(a, count, most);
    expect(variable, shown + terms(a.read()));
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: %s N FILE\n", argv[0]);
        return 2;
    }
    const int n = std::atoi(argv[1]);
    out.open(argv[2]);

    ebb::hash_map<int, int> in_slots;
    show_hash("in_slots", "hash_map", in_slots, n);
    const auto& constant = in_slots;
    expect("*&constant", "ebb::hash_map with " + counted(in_slots.size(), "element") + " in " +
                             bytes_text(in_slots.footprint().total(), " bytes") + ", " +
                             bytes_text(in_slots.arena().read().mapped, " bytes") + " mapped" +
                             elements(constant));
    ebb::hash_map<std::int64_t, large> in_arrays;
    show_hash("in_arrays", "hash_map", in_arrays, n);
    ebb::hash_map<key, short, hash_of_key> padded;
    show_hash("padded", "hash_map", padded, n);
    ebb::hash_map<int, nothing> of_nothing;
    show_hash("of_nothing", "hash_map", of_nothing, n);
    ebb::hash_map<int, int, ebb::hash<int>, std::equal_to<int>,
                  std::allocator<std::pair<const int, int>>>
        by_allocator;
    show_hash("by_allocator", "hash_map", by_allocator, n);
    ebb::sized of_maps;
    ebb::hash_map<int, large, ebb::hash<int>, std::equal_to<int>, ebb::sized> in_arena(of_maps);
    show_hash("in_arena", "hash_map", in_arena, n);
    ebb::hash_set<short> small_keys;
    show_hash("small_keys", "hash_set", small_keys, n);
    ebb::hash_set<key, hash_of_key> keys;
    show_hash("keys", "hash_set", keys, n);
    ebb::node_hash_map<int, large> nodes;
    show_hash("nodes", "node_hash_map", nodes, n);
    ebb::node_hash_map<int, huge, ebb::hash<int>, std::equal_to<int>,
                       std::allocator<std::pair<const int, huge>>>
        nodes_by_allocator;
    show_hash("nodes_by_allocator", "node_hash_map", nodes_by_allocator, n);
    ebb::node_hash_set<std::int64_t> node_keys;
    show_hash("node_keys", "node_hash_set", node_keys, n);

    ebb::go_heap heap;
    ebb::go_map<int, int> go_in_place(heap);
    show_go("go_in_place", go_in_place, n);
    ebb::go_map<std::int64_t, huge> go_spilled(heap);
    show_go("go_spilled", go_spilled, n);
    ebb::go_map<int, ebb::boxed<int>> go_boxed(heap);
    show_go("go_boxed", go_boxed, n);
    ebb::go_map<short, nothing> go_of_nothing(heap);
    show_go("go_of_nothing", go_of_nothing, n);
    ebb::go_map<key, large, hash_of_key, std::equal_to<key>, ebb::sized> go_aligned(of_maps);
    show_go("go_aligned", go_aligned, n);
    ebb::go_map<int, int> go_growing(heap);
    for (int i = 0; i < n || (n > 8 && !go_growing.growing()); ++i) {
        go_growing[i] = i;
    }
    show_go("go_growing", go_growing, 0);
    ebb::boxed<int> box(7);
    expect("box", "7");

    ebb::bump cursor;
    use(cursor, n, 1000);
    auto mark = cursor.mark();
    use(cursor, n, 9);
    cursor.rewind(mark);
    expect("cursor", "ebb::bump" + terms(cursor.read()));
    ebb::pool pool(72);
    show_arena("pool", "ebb::pool of 72-byte slots", pool, n, 72);
    ebb::sized sized;
    show_arena("sized", "ebb::sized", sized, n, 40000);
    ebb::malloc_arena by_malloc;
    show_arena("by_malloc", "ebb::malloc_arena", by_malloc, n);
    ebb::page_memory pages;
    use(pages, n, 1000);
    void* const growing = pages.allocate_growing(70000, 1 << 20);
    expect("pages", "ebb::page_memory" + terms(pages.read()));
    show_arena("heap", "ebb::go_heap, collected " + counted(heap.collections(), "time"), heap, 0);
    ebb::collected<ebb::bump> dead_in_bump;
    use(dead_in_bump, n, 1000);
    show_arena("dead_in_bump",
               "ebb::collected of ebb::bump, collected " +
                   counted(dead_in_bump.collections(), "time"),
               dead_in_bump, 0);
    ebb::account service("service");
    ebb::account request("request", &service);
    expect("request", "ebb::account \"service/request\"");
    ebb::charged<ebb::sized> charged(request);
    show_arena("charged", "ebb::charged to \"request\", of ebb::sized", charged, n);
    ebb::tally counts;
    ebb::slots slots(48, ebb::system_pages(), counts);
    void* last = nullptr;
    for (int i = 0; i < n; ++i) {
        last = slots.take();
    }
    if (last != nullptr) {
        slots.give(last);
    }
    expect("counts", "ebb::tally" + terms(counts.read()));
    const auto chunks = slots.measure().mapped / slots.chunk_bytes();
    const std::size_t full = chunks == 0 ? 0 : chunks - 1;
    expect("slots", "ebb::slots of 48 bytes = {open_chunks = " + text(chunks != 0 ? 1 : 0) +
                        ", full_chunks = " + with_commas(full) +
                        ", spare_chunks = 0, live_slots = " + with_commas(slots.validate()) +
                        ", retired_slots = 0}");

    ebb::ledger ledger = sized.read();
    ledger.peak = 5U << 30;
    expect("ledger", "ebb::ledger" + terms(ledger));
    struct ebb_ledger of_c = {};
    of_c.requested = 1234;
    of_c.slack = 5678901;
    of_c.unreturned = EBB_ABSENT;
    expect("of_c", "ebb_ledger = {requested = 1,234, slack = 5,678,901 (5.4 MiB), dead = 0, "
                   "idle = 0, overhead = 0, mapped = 0, peak_requested = 0, peak_mapped = 0, "
                   "allocations = 0, frees = 0, usable = 0, unreturned = absent}");
    out.close();
    stop();
    pages.deallocate_growing(growing, 70000, 1 << 20);
    return 0;
}
