// A malloc that hands everything on to glibc's by glibc's own names, as wrappers do that trace or
// test. Preloaded before a library that answers to these names, or after one that counts.
#include <cstddef>

extern "C" { // NOLINTBEGIN: whose names they are
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);
// NOLINTEND

void* malloc(std::size_t n) {
    return __libc_malloc(n);
}
void* calloc(std::size_t count, std::size_t n) {
    return __libc_calloc(count, n);
}
void* realloc(void* p, std::size_t n) {
    return __libc_realloc(p, n);
}
void* memalign(std::size_t alignment, std::size_t n) {
    return __libc_memalign(alignment, n);
}
void free(void* p) {
    __libc_free(p);
}
}
