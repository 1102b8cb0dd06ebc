// What the scenarios of the map suite are given, and how they end when a map is wrong.
#pragma once

#include <ebb/bench/peers/keys.h>
#include <ebb/bench/peers/run_peer.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace ebb::bench::peers {

/// A map that lost, kept or mixed up entries.
class wrong_map : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

inline void expect(bool right, const char* what) {
    if (!right) {
        throw wrong_map(what);
    }
}

template <class Key>
struct scenario {
    const peer& maps;
    key_kind kind = key_kind::random;
    std::size_t count = 0;
    std::size_t value_bytes = 0;
    std::size_t operations = 1; ///< how many a loop that repeats makes at least, in whole passes

    [[nodiscard]] std::unique_ptr<measured_map<Key>> make() const {
        if constexpr (std::is_same_v<Key, std::string>) {
            return maps.of_strings(value_bytes);
        } else {
            return maps.of_integers(value_bytes);
        }
    }
    /// Keys that a map of this scenario is filled with, and keys that never are in one.
    [[nodiscard]] std::vector<Key> keys(bool shuffled) const {
        return make_keys<Key>(kind, 0, count, shuffled);
    }
    [[nodiscard]] std::vector<Key> strangers() const {
        return make_keys<Key>(kind, 2 * count, count, true);
    }
    void fill(measured_map<Key>& map, const std::vector<Key>& all) const {
        expect(map.insert(all) == all.size() && map.size() == all.size(), "an insert failed");
    }
    /// Bytes of `n` entries and nothing else: the least that any map can hold them in.
    [[nodiscard]] double floor_bytes(std::size_t n) const {
        return static_cast<double>(n) *
               static_cast<double>(sizeof(Key) + value_bytes + bytes_behind(kind));
    }
};

/// What a sight of these keys must be.
template <class Key>
[[nodiscard]] sight sight_of(const std::vector<Key>& keys) {
    sight s{keys.size(), 0};
    for (const Key& k : keys) {
        s.sum += head_of(k);
    }
    return s;
}

/// `peak`: the highest resident bytes while `count` entries went in, over the entries' own bytes;
/// `worst`: the same for whichever N of 0.8 to 1.6 times `count` is worst. Below 10^5 entries a
/// million of them go into as many maps as it takes, and `worst` is left out: pages are too coarse
/// for one small map.
template <class Key>
void run_growth(const scenario<Key>& s);

/// Erases in random order. `full`, `tenth`, `hundredth`, `none`: resident bytes a map with all, a
/// tenth, a hundredth, none of the entries left, and the map still there; `half`: with half left,
/// over what is left. `trim` calls malloc_trim(0) before each reading. Small maps as above.
template <class Key>
void run_shrinking(const scenario<Key>& s, bool trim);

/// Nanoseconds of single operations: of inserts into a growing map `p50`, `p99`, `p999`, `most`; of
/// erases in random order `erase-p50`, `erase-p99`, `erase-most`.
template <class Key>
void run_latency(const scenario<Key>& s);

/// `teeth-worst`, `teeth-middle`: nanoseconds an operation of deleting and inserting N keys in
/// turn, at the worst and the middle one of places.
template <class Key>
void run_saw_tooth(const scenario<Key>& s);

/// Erases an eighth of the keys at random and inserts as many new ones, tooth after tooth
/// (eighths.h): `time`: nanoseconds an operation; `faults`: page faults a tooth. `held`: in a map
/// that was told to have room for all of them by reserve(); nothing is printed where the map has no
/// reserve().
template <class Key>
void run_eighths(const scenario<Key>& s, bool held);

/// One loop over the whole map between marks (process/marks.h), for a run that counts; `faults`:
/// its page faults. Insert: into an empty map that grows; erase: all, at random.
template <class Key>
void count_insert(const scenario<Key>& s);
template <class Key>
void count_erase(const scenario<Key>& s);
enum class seen : std::uint8_t { hit, miss, iterating };
template <class Key>
void count_sight(const scenario<Key>& s, seen by);

/// Google Benchmark: nanoseconds of CPU time an operation, of a number of operations that is fixed,
/// so that what is counted on the way repeats. `insert` into an empty map that grows; `hit`, `turn`
/// (each key known by the value before), `miss`, `iterate`; `erase`; `copy`, `clear`.
template <class Key>
void run_insert(const scenario<Key>& s);
template <class Key>
void run_lookups(const scenario<Key>& s);
template <class Key>
void run_erase(const scenario<Key>& s);
template <class Key>
void run_copy(const scenario<Key>& s);

/// A random trace of every operation beside std::unordered_map; `digest`: of what was left.
template <class Key>
void run_trace(const scenario<Key>& s);

} // namespace ebb::bench::peers
