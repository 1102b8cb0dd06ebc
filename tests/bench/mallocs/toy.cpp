// A malloc on top of glibc's that keeps a ledger of the terms it knows: what was asked for, to the
// byte, and calls. What it doesn't know is absent. Each block has its size and glibc's address in
// front of it.
#include <ebb/alloc/ledger/ebb.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstring>

namespace {

struct front {
    void* below;
    std::size_t bytes;
};
static_assert(sizeof(front) == 16);

std::atomic<std::uint64_t> allocations{0};
std::atomic<std::uint64_t> frees{0};
std::atomic<std::uint64_t> requested{0};

front& front_of(void* p) {
    return static_cast<front*>(p)[-1];
}

} // namespace

extern "C" {
void* __libc_memalign(std::size_t, std::size_t); // NOLINT: glibc's names
void __libc_free(void*);                         // NOLINT

void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
    alignment = std::max(alignment, sizeof(front));
    auto* const below = static_cast<char*>(__libc_memalign(alignment, bytes + alignment));
    if (below == nullptr) {
        return nullptr;
    }
    ++allocations;
    requested += bytes;
    void* const p = below + alignment;
    front_of(p) = {below, bytes};
    return p;
}
void* memalign(std::size_t alignment, std::size_t bytes) {
    return aligned_alloc(alignment, bytes);
}
int posix_memalign(void** p, std::size_t alignment, std::size_t bytes) {
    *p = aligned_alloc(alignment, bytes);
    return *p == nullptr ? ENOMEM : 0;
}
void* malloc(std::size_t bytes) {
    return aligned_alloc(sizeof(front), bytes);
}
void* calloc(std::size_t n, std::size_t bytes) {
    void* const p = malloc(n * bytes);
    return p == nullptr ? p : std::memset(p, 0, n * bytes);
}
void free(void* p) {
    if (p != nullptr) {
        ++frees;
        requested -= front_of(p).bytes;
        __libc_free(front_of(p).below);
    }
}
void* realloc(void* p, std::size_t bytes) {
    void* const q = malloc(bytes);
    if (p != nullptr && q != nullptr) {
        std::memcpy(q, p, std::min(bytes, front_of(p).bytes));
        free(p);
    }
    return q;
}
std::size_t malloc_usable_size(void* p) {
    return p == nullptr ? 0 : front_of(p).bytes;
}

int ebb_heap_ledger(struct ebb_ledger* out, std::size_t size) noexcept {
    if (out == nullptr || size < sizeof *out) {
        return EINVAL;
    }
    std::memset(out, 0xff, sizeof *out); // EBB_ABSENT
    out->requested = requested;
    out->allocations = allocations;
    out->frees = frees;
    return 0;
}
}
