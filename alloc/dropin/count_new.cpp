// libebbcount.so: every operator new and delete. Logic: counted/operators.h.
#include <ebb/alloc/counted/operators.h>

#include <cstddef>
#include <new>

#define EBB_EXPORT __attribute__((visibility("default")))

using namespace ebb::counted;

// Each says that it is exported: <new> says so of the sized forms only where the compiler uses
// them. The array forms count as the others do; each goes on to the next operator of its own name.

EBB_EXPORT void* operator new(std::size_t n) {
    return allocate_by<>(next_operators.plain_new, n);
}

EBB_EXPORT void* operator new(std::size_t n, const std::nothrow_t& tag) noexcept {
    return allocate_by<const std::nothrow_t&>(next_operators.plain_new_nothrow, n, tag);
}

EBB_EXPORT void* operator new(std::size_t n, std::align_val_t alignment) {
    return allocate_by<std::align_val_t>(next_operators.plain_new_aligned, n, alignment);
}

EBB_EXPORT void* operator new(std::size_t n, std::align_val_t alignment,
                              const std::nothrow_t& tag) noexcept {
    return allocate_by<std::align_val_t, const std::nothrow_t&>(
        next_operators.plain_new_aligned_nothrow, n, alignment, tag);
}

EBB_EXPORT void operator delete(void* p) noexcept {
    deallocate_by<>(next_operators.plain_delete, p);
}

EBB_EXPORT void operator delete(void* p, std::size_t n) noexcept {
    deallocate_by<std::size_t>(next_operators.plain_delete_sized, p, n);
}

EBB_EXPORT void operator delete(void* p, const std::nothrow_t& tag) noexcept {
    deallocate_by<const std::nothrow_t&>(next_operators.plain_delete_nothrow, p, tag);
}

EBB_EXPORT void operator delete(void* p, std::align_val_t alignment) noexcept {
    deallocate_by<std::align_val_t>(next_operators.plain_delete_aligned, p, alignment);
}

EBB_EXPORT void operator delete(void* p, std::size_t n, std::align_val_t alignment) noexcept {
    deallocate_by<std::size_t, std::align_val_t>(next_operators.plain_delete_sized_aligned, p, n,
                                                 alignment);
}

EBB_EXPORT void operator delete(void* p, std::align_val_t alignment,
                                const std::nothrow_t& tag) noexcept {
    deallocate_by<std::align_val_t, const std::nothrow_t&>(
        next_operators.plain_delete_aligned_nothrow, p, alignment, tag);
}

EBB_EXPORT void* operator new[](std::size_t n) {
    return allocate_by<>(next_operators.array_new, n);
}

EBB_EXPORT void* operator new[](std::size_t n, const std::nothrow_t& tag) noexcept {
    return allocate_by<const std::nothrow_t&>(next_operators.array_new_nothrow, n, tag);
}

EBB_EXPORT void* operator new[](std::size_t n, std::align_val_t alignment) {
    return allocate_by<std::align_val_t>(next_operators.array_new_aligned, n, alignment);
}

EBB_EXPORT void* operator new[](std::size_t n, std::align_val_t alignment,
                                const std::nothrow_t& tag) noexcept {
    return allocate_by<std::align_val_t, const std::nothrow_t&>(
        next_operators.array_new_aligned_nothrow, n, alignment, tag);
}

EBB_EXPORT void operator delete[](void* p) noexcept {
    deallocate_by<>(next_operators.array_delete, p);
}

EBB_EXPORT void operator delete[](void* p, std::size_t n) noexcept {
    deallocate_by<std::size_t>(next_operators.array_delete_sized, p, n);
}

EBB_EXPORT void operator delete[](void* p, const std::nothrow_t& tag) noexcept {
    deallocate_by<const std::nothrow_t&>(next_operators.array_delete_nothrow, p, tag);
}

EBB_EXPORT void operator delete[](void* p, std::align_val_t alignment) noexcept {
    deallocate_by<std::align_val_t>(next_operators.array_delete_aligned, p, alignment);
}

EBB_EXPORT void operator delete[](void* p, std::size_t n, std::align_val_t alignment) noexcept {
    deallocate_by<std::size_t, std::align_val_t>(next_operators.array_delete_sized_aligned, p, n,
                                                 alignment);
}

EBB_EXPORT void operator delete[](void* p, std::align_val_t alignment,
                                  const std::nothrow_t& tag) noexcept {
    deallocate_by<std::align_val_t, const std::nothrow_t&>(
        next_operators.array_delete_aligned_nothrow, p, alignment, tag);
}
