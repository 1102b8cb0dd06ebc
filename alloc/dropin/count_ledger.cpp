// libebbcount.so: the C face of the ledger. Logic: counted/snapshot.h.
#include <ebb/alloc/counted/next.h>
#include <ebb/alloc/counted/snapshot.h>

#define EBB_EXPORT __attribute__((visibility("default")))

extern "C" {

EBB_EXPORT int ebb_heap_ledger(struct ebb_ledger* out, size_t size) noexcept {
    return ebb::counted::read_ledger(out, size);
}

EBB_EXPORT int ebb_heap_classes(struct ebb_heap_class* out, size_t size, size_t capacity,
                                size_t* count) noexcept {
    return ebb::counted::read_classes(out, size, capacity, count);
}

EBB_EXPORT int ebb_heap_resident(struct ebb_resident* out, size_t size) noexcept {
    return ebb::counted::read_resident(out, size);
}

EBB_EXPORT const void* ebb_count_next(const char* name) noexcept {
    return ebb::counted::find_next(name);
}

} // extern "C"
