// A program that has nothing of ebb's but the malloc, and asks it where it stands.
#include <ebb/ebb.h>

#include <cstdlib>

extern "C" [[gnu::noinline]] void stop() {
    asm volatile("");
}

int main() {
    ebb_ledger l;
    void* const p = std::malloc(1 << 20);
    ebb_heap_ledger(&l, sizeof l);
    stop();
    std::free(p);
    return 0;
}
