// A program over a malloc that tells no sizes of its own (header_malloc.cpp): calls are counted to
// the last one, bytes are absent, and no block's memory is written. Ends with 0.
#include <ebb/ebb.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace {

ebb_ledger read_heap() {
    ebb_ledger l{};
    ebb_heap_ledger(&l, sizeof l);
    return l;
}

constexpr std::size_t count = 2000;
void* blocks[count];

std::size_t bytes_of(std::size_t i) {
    return i * 7 % 5000 + 1;
}

bool are_whole(std::size_t i) {
    const auto* const p = static_cast<unsigned char*>(blocks[i]);
    return p[0] == i % 256 && std::memcmp(p, p + 1, bytes_of(i) - 1) == 0;
}

} // namespace

int main() {
    const ebb_ledger before = read_heap();
    for (std::size_t i = 0; i < count; ++i) {
        blocks[i] = std::malloc(bytes_of(i));
        std::memset(blocks[i], static_cast<int>(i % 256), bytes_of(i));
    }
    bool right = true;
    for (std::size_t i = 0; i < count; ++i) {
        right = right && are_whole(i);
        if (i % 2 == 0) {
            blocks[i] = std::realloc(blocks[i], 3 * bytes_of(i));
        }
        std::free(blocks[i]);
    }
    const ebb_ledger after = read_heap();
    std::thread([] { const std::vector<std::string> v(100, std::string(100, 'x')); }).join();
    right = right && after.allocations - before.allocations == count &&
            after.frees - before.frees == count && after.requested == EBB_ABSENT &&
            after.usable == EBB_ABSENT && after.slack == EBB_ABSENT &&
            after.peak_requested == EBB_ABSENT;
    if (!right) {
        std::printf("%llu allocations, %llu frees, requested %llu, usable %llu\n",
                    static_cast<unsigned long long>(after.allocations - before.allocations),
                    static_cast<unsigned long long>(after.frees - before.frees),
                    static_cast<unsigned long long>(after.requested),
                    static_cast<unsigned long long>(after.usable));
    }
    return right ? 0 : 1;
}
