// A program that allocates nothing, and has no C++ runtime: what the libraries before and after the
// counting one do for themselves, and what that does, isn't the program's. Ends with 0.
#include <ebb/ebb.h>

#include <unistd.h>

#include <cstddef>

// Bound by the preloaded library.
extern "C" __attribute__((weak)) int ebb_heap_ledger(ebb_ledger*, std::size_t) noexcept;

int main() {
    ebb_ledger l{};
    if (&ebb_heap_ledger == nullptr || ebb_heap_ledger(&l, sizeof l) != 0) {
        return 2;
    }
    return l.allocations == 0 && l.frees == 0 && l.requested == 0 && l.peak_requested == 0 ? 0 : 1;
}
