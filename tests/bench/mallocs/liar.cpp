// A malloc that hands everything on to glibc's, and a mallctl whose figures never move.
#include <cstddef>
#include <cstring>

extern "C" {
void* __libc_malloc(std::size_t);                // NOLINT: glibc's names
void* __libc_calloc(std::size_t, std::size_t);   // NOLINT
void* __libc_memalign(std::size_t, std::size_t); // NOLINT
void __libc_free(void*);                         // NOLINT

void* malloc(std::size_t bytes) {
    return __libc_malloc(bytes);
}
void* calloc(std::size_t n, std::size_t bytes) {
    return __libc_calloc(n, bytes);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
    return __libc_memalign(alignment, bytes);
}
void free(void* p) {
    __libc_free(p);
}

int mallctl(const char*, void* old, std::size_t* size, void*, std::size_t) {
    std::memset(old, 0, *size);
    return 0;
}
}
