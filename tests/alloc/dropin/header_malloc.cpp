// A malloc that puts a header before each block and hands on to glibc's, as libmemusage does. It
// has no malloc_usable_size: glibc's takes the header for one of its own.
#include <cstddef>
#include <cstdint>
#include <cstring>

extern "C" { // NOLINTBEGIN: whose names they are
void* __libc_malloc(std::size_t);
void* __libc_realloc(void*, std::size_t);
void __libc_free(void*);

struct header {
    std::size_t bytes;
    std::uint64_t mark;
};
constexpr std::uint64_t mark = 0xfeedbeaf; // to glibc: a mapped block of 4 GB

void* malloc(std::size_t n) {
    auto* const h = n > SIZE_MAX - sizeof(header)
                        ? nullptr
                        : static_cast<header*>(__libc_malloc(n + sizeof(header)));
    if (h == nullptr) {
        return nullptr;
    }
    *h = {n, mark};
    return h + 1;
}
void free(void* p) {
    if (p != nullptr) {
        header* const h = static_cast<header*>(p) - 1;
        __libc_free(h->mark == mark ? static_cast<void*>(h) : p);
    }
}
void* realloc(void* p, std::size_t n) {
    if (p == nullptr) {
        return malloc(n);
    }
    if (n == 0 || n > SIZE_MAX - sizeof(header)) {
        return nullptr;
    }
    auto* const h =
        static_cast<header*>(__libc_realloc(static_cast<header*>(p) - 1, n + sizeof(header)));
    if (h == nullptr) {
        return nullptr;
    }
    h->bytes = n;
    return h + 1;
}
void* calloc(std::size_t count, std::size_t n) {
    std::size_t bytes = 0;
    void* const p = __builtin_mul_overflow(count, n, &bytes) ? nullptr : malloc(bytes);
    return p == nullptr ? nullptr : std::memset(p, 0, bytes);
}
} // NOLINTEND
