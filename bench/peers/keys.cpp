#include <ebb/bench/malloc/scenario_tools.h>
#include <ebb/bench/peers/keys.h>

#include <algorithm>

namespace ebb::bench::peers {
namespace {

constexpr std::string_view stem = "customer:";
constexpr std::size_t hex_digits = 16;

// splitmix64's finish: a bijection.
std::uint64_t mixed(std::uint64_t n) {
    return suite::random_numbers(n * 0x9e3779b97f4a7c15u).next();
}

void make(std::int64_t& key, key_kind kind, std::uint64_t n) {
    key = static_cast<std::int64_t>(kind == key_kind::random ? mixed(n) : n);
}

void make(std::string& key, key_kind, std::uint64_t n) {
    key.reserve(stem.size() + hex_digits);
    key = stem;
    std::uint64_t left = mixed(n);
    for (std::size_t i = 0; i < hex_digits; ++i, left >>= 4) {
        key += "0123456789abcdef"[left & 15];
    }
}

} // namespace

std::optional<key_kind> key_kind_of(std::string_view name) {
    const auto found = std::find(key_kind_names.begin(), key_kind_names.end(), name);
    return found == key_kind_names.end()
               ? std::nullopt
               : std::optional(static_cast<key_kind>(found - key_kind_names.begin()));
}

template <class Key>
std::vector<Key> make_keys(key_kind kind, std::size_t from, std::size_t count, bool shuffled) {
    suite::outside_table<std::uint64_t> order(std::max<std::size_t>(count, 1));
    for (std::size_t i = 0; i < count; ++i) {
        order[i] = from + i;
    }
    if (shuffled) {
        suite::random_numbers random(count);
        suite::shuffle(order, random);
    }
    std::vector<Key> keys(count);
    for (std::size_t i = 0; i < count; ++i) {
        make(keys[i], kind, order[i]);
    }
    return keys;
}

template std::vector<std::int64_t> make_keys(key_kind, std::size_t, std::size_t, bool);
template std::vector<std::string> make_keys(key_kind, std::size_t, std::size_t, bool);

std::size_t bytes_behind(key_kind kind) noexcept {
    return kind == key_kind::string ? stem.size() + hex_digits + 1 : 0;
}

} // namespace ebb::bench::peers
