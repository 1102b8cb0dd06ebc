// Feeds a fuzz harness without libFuzzer: files (what a fuzzer found once), or random bytes from
// seeds.
//
//     replay FILE...
//     replay --seeds FIRST COUNT [BYTES]     default BYTES 4000
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t*, std::size_t);

namespace {

volatile unsigned long running = 0;

} // namespace

int main(int argc, char** argv) {
    if (argc >= 4 && std::strcmp(argv[1], "--seeds") == 0) {
        std::signal(SIGABRT, [](int) { // every failure ends that way
            std::fprintf(stderr, "seed %lu\n", running);
        });
        const unsigned long first = std::strtoul(argv[2], nullptr, 10);
        const unsigned long count = std::strtoul(argv[3], nullptr, 10);
        const std::size_t size = argc > 4 ? std::strtoul(argv[4], nullptr, 10) : 4000;
        for (unsigned long seed = first; seed < first + count; ++seed) {
            running = seed;
            std::mt19937_64 random(seed);
            std::vector<std::uint8_t> data(1 + random() % size);
            for (std::uint8_t& byte : data) {
                byte = static_cast<std::uint8_t>(random());
            }
            LLVMFuzzerTestOneInput(data.data(), data.size());
        }
        return 0;
    }
    if (argc < 2 || argv[1][0] == '-') {
        std::fprintf(stderr, "usage: %s FILE... | --seeds FIRST COUNT [BYTES]\n", argv[0]);
        return 2;
    }
    for (int i = 1; i < argc; ++i) {
        std::ifstream file(argv[i], std::ios::binary);
        if (!file) {
            std::fprintf(stderr, "%s: can't be read\n", argv[i]);
            return 1;
        }
        const std::vector<char> data{std::istreambuf_iterator<char>(file), {}};
        LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(data.data()), data.size());
    }
    return 0;
}
