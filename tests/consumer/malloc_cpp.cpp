// A C++ program whose malloc, new and delete are ebb's: threads, exceptions, the ledger.
#include <ebb/ebb.h>

#include <cstdint>
#include <map>
#include <new>
#include <string>
#include <thread>
#include <vector>

namespace {

ebb_ledger ledger() {
    ebb_ledger l{};
    ebb_heap_ledger(&l, sizeof l);
    return l;
}

void work() {
    std::map<std::string, std::vector<int>> table;
    for (int i = 0; i < 1000; ++i) {
        table["a key that is longer than a small string " + std::to_string(i)].resize(
            static_cast<std::size_t>(i));
    }
}

} // namespace

int main() {
    work();
    std::thread(work).join();
    const ebb_ledger before = ledger();
    work();
    const ebb_ledger after = ledger();
    volatile std::size_t too_much = SIZE_MAX / 2;
    bool thrown = false;
    try {
        ::operator delete(::operator new(too_much));
    } catch (const std::bad_alloc&) {
        thrown = true;
    }
    return thrown && after.requested == before.requested &&
                   after.allocations - before.allocations >= 2500 &&
                   after.mapped ==
                       after.requested + after.slack + after.dead + after.idle + after.overhead
               ? 0
               : 1;
}
