// The C face of a counted malloc, as a stranger reads it.
#include <ebb/ebb.h>

#include <cstdio>
#include <memory>

int main() {
    ebb_ledger before{};
    ebb_ledger with{};
    ebb_heap_ledger(&before, sizeof before);
    const auto block = std::make_unique<char[]>(12'345);
    ebb_heap_ledger(&with, sizeof with);
    block[0] = 1;
    std::printf("%llu bytes more\n",
                static_cast<unsigned long long>(with.requested - before.requested));
    return with.requested - before.requested == 12'345 && with.mapped == EBB_ABSENT ? 0 : 1;
}
