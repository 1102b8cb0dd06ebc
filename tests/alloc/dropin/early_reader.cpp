// A program that reads the ledger before it allocates: a malloc may not know its blocks' sizes yet.
// What isn't known is absent; what is there adds up. Ends with 0.
#include <ebb/ebb.h>

#include <cstdio>

int main() {
    ebb_ledger l{};
    if (ebb_heap_ledger(&l, sizeof l) != 0) {
        return 2;
    }
    const bool are_sizes_known = l.requested != EBB_ABSENT && l.usable != EBB_ABSENT;
    if (are_sizes_known ? l.slack != l.usable - l.requested || l.usable < l.requested
                        : l.slack != EBB_ABSENT) {
        std::printf("requested %llu, usable %llu, slack %llu\n",
                    static_cast<unsigned long long>(l.requested),
                    static_cast<unsigned long long>(l.usable),
                    static_cast<unsigned long long>(l.slack));
        return 1;
    }
    return 0;
}
