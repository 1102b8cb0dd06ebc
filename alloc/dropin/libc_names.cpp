// glibc's own names of malloc's family, which some programs and libraries call. A block of one
// family may come back by the other, so both must have one owner: each name goes to the function in
// force.
//
// Like all names that are taken over from libc they have no version: whoever was linked against
// malloc@GLIBC_2.2.5 isn't answered by a malloc of another version, and a preloaded library whose
// names had one would silently do nothing.
#include <ebb/alloc/dropin/together.h>

#include <malloc.h>

#include <cstddef>
#include <cstdlib>

#define EBB_EXPORT __attribute__((visibility("default")))

extern "C" { // NOLINTBEGIN: reserved names, and whose they are

const char ebb_libc_names_are_here = 1;

EBB_EXPORT void* __libc_malloc(std::size_t n) {
    return std::malloc(n);
}
EBB_EXPORT void __libc_free(void* p) {
    std::free(p);
}
EBB_EXPORT void* __libc_calloc(std::size_t count, std::size_t n) {
    return std::calloc(count, n);
}
EBB_EXPORT void* __libc_realloc(void* p, std::size_t n) {
    return std::realloc(p, n);
}
EBB_EXPORT void* __libc_reallocarray(void* p, std::size_t count, std::size_t n) {
    return ::reallocarray(p, count, n);
}
EBB_EXPORT void* __libc_memalign(std::size_t alignment, std::size_t n) {
    return ::memalign(alignment, n);
}
EBB_EXPORT void* __libc_valloc(std::size_t n) {
    return ::valloc(n);
}
EBB_EXPORT void* __libc_pvalloc(std::size_t n) {
    return ::pvalloc(n);
}
EBB_EXPORT int __posix_memalign(void** p, std::size_t alignment, std::size_t n) {
    return ::posix_memalign(p, alignment, n);
}

} // extern "C" NOLINTEND
