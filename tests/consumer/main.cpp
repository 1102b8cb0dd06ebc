#include <ebb/alloc/arena/go_heap.h>
#include <ebb/maps/go_map.h>
#include <ebb/maps/hash_map.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>

namespace {

// README's example of hash_map, line by line.
bool cache_works() {
    ebb::hash_map<std::string, int, ebb::hash<std::string>, std::equal_to<>> visits;
    for (int i = 0; i < 100'000; ++i) {
        visits["customer " + std::to_string(i)] += 1;
    }
    const std::string_view who = "customer 7";
    if (auto at = visits.find(who); at != visits.end()) { // no string is made
        at->second += 1;
    }
    const std::uint64_t bytes = visits.footprint().total();
    erase_if(visits, [](const auto& v) { return v.second == 1; });
    constexpr std::uint64_t waits = 300 * 1024; // at most, for the next elements
    return visits.size() == 1 && visits.footprint().total() < bytes / 100 + waits;
}

} // namespace

int main() {
    if (!cache_works()) {
        return 1;
    }
    ebb::go_heap heap;
    {
        ebb::go_map<std::int64_t, std::array<std::byte, 128>> map(heap);
        for (std::int64_t k = 0; k < 1000; ++k) {
            map[k] = {};
        }
        std::uint64_t sum = 0;
        for (auto&& [key, value] : map) {
            sum += static_cast<std::uint64_t>(key) + value.size();
        }
        const ebb::ledger l = heap.read();
        if (sum != 999 * 500 + 128'000 || map.footprint().total() != l.requested || !l.balanced()) {
            return 1;
        }
        std::printf("%d bucket bits, %llu bytes\n", static_cast<int>(map.bucket_bits()),
                    static_cast<unsigned long long>(l.occupied()));
    }
    heap.collect();
    return heap.read().occupied() == 0 ? 0 : 1;
}
