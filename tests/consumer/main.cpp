#include <ebb/alloc/arena/go_heap.h>
#include <ebb/maps/go_map.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>

int main() {
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
