// go_map over go_heap: the same operations on the same keys as go_map.go beside it. One object a
// line: order, value bytes, count, operation, nanoseconds an operation.
//
//     bench_go_map [--order=mixed|ascending] [--value=8|128] [--count=N]
#include <ebb/alloc/arena/go_heap.h>
#include <ebb/maps/go_map.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <string>
#include <vector>

namespace {

using clock_type = std::chrono::steady_clock;
using large = std::array<std::byte, 128>;

struct settings {
    std::string order = "mixed";
    std::size_t value_bytes = 8;
    std::size_t count = 10'000;
};

volatile std::uint64_t sink = 0;

std::int64_t key(std::size_t i, const std::string& order) {
    if (order == "ascending") {
        return static_cast<std::int64_t>(i);
    }
    std::uint64_t z = i * 0x9e3779b97f4a7c15 + 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return static_cast<std::int64_t>(z ^ z >> 31);
}

template <class Value>
Value value_of(std::int64_t k) {
    if constexpr (std::is_same_v<Value, large>) {
        return large{static_cast<std::byte>(k)};
    } else {
        return k;
    }
}

template <class Value>
std::uint64_t read(const Value& v) {
    if constexpr (std::is_same_v<Value, large>) {
        return static_cast<std::uint64_t>(v[0]);
    } else {
        return static_cast<std::uint64_t>(v);
    }
}

// Nanoseconds that `work` takes.
template <class Work>
double timed(const Work& work) {
    const auto start = clock_type::now();
    work();
    return std::chrono::duration<double, std::nano>(clock_type::now() - start).count();
}

template <class Value>
void measure(const settings& s) {
    std::size_t stride = s.count * 618 / 1000 | 1;
    while (std::gcd(s.count, stride) != 1) {
        stride += 2;
    }
    std::vector<std::int64_t> keys(s.count);
    std::vector<std::int64_t> misses(s.count);
    for (std::size_t i = 0; i < s.count; ++i) {
        keys[i] = key(i, s.order);
        misses[i] = key(i + s.count, s.order);
    }
    const std::size_t rounds = std::min(2'000'000 / s.count, std::size_t{40});
    double insert = 0;
    double hit = 0;
    double miss = 0;
    double erase = 0;
    std::uint64_t sum = 0;
    ebb::go_heap heap;
    for (std::size_t round = 0; round < rounds; ++round) {
        heap.collect();
        ebb::go_map<std::int64_t, Value> map(heap);
        insert += timed([&] {
            for (const std::int64_t k : keys) {
                map[k] = value_of<Value>(k);
            }
        });
        // Every key once, in an order that is not the one of insertion.
        hit += timed([&] {
            std::size_t at = 0;
            for (std::size_t i = 0; i < s.count; ++i) {
                if (const auto found = map.find(keys[at]); found != map.end()) {
                    const Value copy = found->second; // as Go's m[k] gives a copy
                    sum += read(copy);
                }
                at += stride;
                at -= at >= s.count ? s.count : 0;
            }
        });
        miss += timed([&] {
            for (const std::int64_t k : misses) {
                sum += map.contains(k) ? 1 : 0;
            }
        });
        erase += timed([&] {
            std::size_t at = 0;
            for (std::size_t i = 0; i < s.count; ++i) {
                map.erase(keys[at]);
                at += stride;
                at -= at >= s.count ? s.count : 0;
            }
        });
        sum += map.size();
    }
    sink = sum;
    const auto report = [&](const char* op, double spent) {
        std::printf("{\"map\":\"ebb\",\"order\":\"%s\",\"value\":%zu,\"count\":%zu,\"op\":\"%s\","
                    "\"ns\":%.2f}\n",
                    s.order.c_str(), s.value_bytes, s.count, op,
                    spent / static_cast<double>(rounds * s.count));
    };
    report("insert", insert);
    report("hit", hit);
    report("miss", miss);
    report("erase", erase);
}

int usage(const char* word) {
    std::fprintf(stderr,
                 "bench_go_map: %s: not one of --order=mixed|ascending, --value=8|128, --count=N "
                 "(1 to 2000000)\n",
                 word);
    return 2;
}

} // namespace

int main(int argc, char** argv) {
    settings s;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        const std::string given = word.substr(std::min(word.size(), word.find('=') + 1));
        if (word == "--order=mixed" || word == "--order=ascending") {
            s.order = given;
        } else if (word == "--value=8" || word == "--value=128") {
            s.value_bytes = static_cast<std::size_t>(std::stoi(given));
        } else if (word.rfind("--count=", 0) == 0 && std::atoi(given.c_str()) > 0 &&
                   std::atoi(given.c_str()) <= 2'000'000) {
            s.count = static_cast<std::size_t>(std::atoi(given.c_str()));
        } else {
            return usage(word.c_str());
        }
    }
    if (s.value_bytes == 8) {
        measure<std::int64_t>(s);
    } else {
        measure<large>(s);
    }
}
