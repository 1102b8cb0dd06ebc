// libebbcount.so: malloc and what belongs to it, as C symbols. Logic: counted/heap.h.
//
// Not here, and so answered by the next malloc itself, uncounted: its own names (mallocx, sdallocx,
// nallocx, mi_malloc, tc_malloc ...). What comes and goes by those alone is outside of the ledger;
// a block that crosses over (mallocx, then free) falsifies it. So do malloc_trim, mallinfo,
// mallinfo2, mallopt, malloc_stats and malloc_info: the next malloc's.
#include <ebb/alloc/counted/heap.h>

#include <cstddef>

#define EBB_EXPORT __attribute__((visibility("default")))

using namespace ebb::counted;

asm(".globl ebb_own_malloc\n.hidden ebb_own_malloc\n.set ebb_own_malloc, malloc"); // counted/next.cpp

extern "C" {

EBB_EXPORT void* malloc(std::size_t n) {
    return allocate(n);
}

EBB_EXPORT void* calloc(std::size_t count, std::size_t n) {
    return allocate_zeroed(count, n);
}

EBB_EXPORT void* realloc(void* p, std::size_t n) {
    return reallocate(p, n);
}

EBB_EXPORT void* reallocarray(void* p, std::size_t count, std::size_t n) {
    return reallocate_array(p, count, n);
}

EBB_EXPORT void free(void* p) {
    deallocate(p);
}

EBB_EXPORT void cfree(void* p) {
    deallocate(p);
}

EBB_EXPORT void free_sized(void* p, std::size_t) {
    deallocate(p);
}

EBB_EXPORT void free_aligned_sized(void* p, std::size_t, std::size_t) {
    deallocate(p);
}

EBB_EXPORT void* aligned_alloc(std::size_t alignment, std::size_t n) {
    return keep(next.aligned_alloc(alignment, n), n);
}

EBB_EXPORT int posix_memalign(void** p, std::size_t alignment, std::size_t n) {
    return allocate_aligned(p, alignment, n);
}

EBB_EXPORT void* memalign(std::size_t alignment, std::size_t n) {
    return keep(next.memalign(alignment, n), n);
}

EBB_EXPORT void* valloc(std::size_t n) {
    return keep(next.valloc(n), n);
}

EBB_EXPORT void* pvalloc(std::size_t n) {
    return allocate_pages(n);
}

EBB_EXPORT std::size_t malloc_usable_size(void* p) {
    return usable_bytes(p);
}

} // extern "C"
