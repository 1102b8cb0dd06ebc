// A program with a malloc of its own inside, which precedes every library's: the shim can't see a
// call, and must say so rather than 0. What is built on malloc, realloc and free goes to the
// program's, as it would without the shim.
#include <ebb/ebb.h>

#include <dlfcn.h>

#include <cstddef>
#include <cstdio>
#include <cstring>
#include <new>

namespace {
alignas(16) std::byte heap[1 << 20];
std::size_t used = 0;
int strangers = 0; // blocks that came back and weren't given

bool is_own(const void* p) {
    return p >= heap && p < heap + sizeof heap;
}
} // namespace

extern "C" void* reallocarray(void*, std::size_t, std::size_t) noexcept;

extern "C" {
void* malloc(std::size_t n) {
    void* const p = heap + used;
    used += (n + 15) / 16 * 16;
    return p;
}
void free(void* p) {
    strangers += p == nullptr || is_own(p) ? 0 : 1;
}
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
    void* const array = reallocarray(malloc(10), 20, 30);
    void* const one = operator new(100);
    void* const many = operator new[](100, std::nothrow);
    if (!is_own(array) || !is_own(one) || !is_own(many)) {
        std::fputs("a block of another malloc\n", stderr);
        return 3;
    }
    free(array);
    operator delete (one, std::size_t{100});
    operator delete[](many);
    if (strangers != 0) {
        std::fputs("a block came back that wasn't given\n", stderr);
        return 4;
    }
    return l.requested == EBB_ABSENT && l.usable == EBB_ABSENT && l.allocations == EBB_ABSENT &&
                   l.frees == EBB_ABSENT
               ? 0
               : 1;
}
