// A program with a malloc of its own inside, which precedes every library's: the shim can't see a
// call, and must say so rather than 0.
#include <ebb/ebb.h>

#include <dlfcn.h>

#include <cstddef>
#include <cstdio>
#include <cstring>

namespace {
alignas(16) std::byte heap[1 << 20];
std::size_t used = 0;
} // namespace

extern "C" {
void* malloc(std::size_t n) {
    void* const p = heap + used;
    used += (n + 15) / 16 * 16;
    return p;
}
void free(void*) {}
void* calloc(std::size_t count, std::size_t n) {
    return std::memset(malloc(count * n), 0, count * n);
}
void* realloc(void* p, std::size_t n) {
    void* const q = malloc(n);
    return p == nullptr ? q : std::memmove(q, p, n);
}
}

int main() {
    auto* const read = reinterpret_cast<int (*)(ebb_ledger*, std::size_t)>(
        ::dlsym(RTLD_DEFAULT, "ebb_heap_ledger"));
    ebb_ledger l{};
    if (read == nullptr || read(&l, sizeof l) != 0) {
        std::fputs("no ledger here\n", stderr);
        return 2;
    }
    free(malloc(100));
    return l.requested == EBB_ABSENT && l.usable == EBB_ABSENT && l.allocations == EBB_ABSENT &&
                   l.frees == EBB_ABSENT
               ? 0
               : 1;
}
