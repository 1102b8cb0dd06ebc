// libebbcount.so: every operator new and delete. Logic: counted/operators.h.
#include <ebb/alloc/counted/operators.h>
#include <ebb/alloc/dropin/own_operators.h>

#include <cstddef>
#include <new>

#define EBB_EXPORT __attribute__((visibility("default")))

using namespace ebb;          // NOLINT: a file of C++'s own symbols
using namespace ebb::counted; // NOLINT

// Each says that it is exported: <new> says so of the sized forms only where the compiler uses
// them. The array forms count as the others do; each goes on to the next operator of its own name.

EBB_EXPORT void* operator new(std::size_t n) {
    return allocate_by<>(next_operators.plain_new, nullptr, n);
}

EBB_EXPORT void* operator new(std::size_t n, const std::nothrow_t& tag) noexcept {
    return allocate_by<const std::nothrow_t&>(next_operators.plain_new_nothrow, new_is_replaced, n,
                                              tag);
}

EBB_EXPORT void* operator new(std::size_t n, std::align_val_t alignment) {
    return allocate_by<std::align_val_t>(next_operators.plain_new_aligned, nullptr, n, alignment);
}

EBB_EXPORT void* operator new(std::size_t n, std::align_val_t alignment,
                              const std::nothrow_t& tag) noexcept {
    return allocate_by<std::align_val_t, const std::nothrow_t&>(
        next_operators.plain_new_aligned_nothrow, aligned_new_is_replaced, n, alignment, tag);
}

EBB_EXPORT void operator delete(void* p) noexcept {
    deallocate_by<>(next_operators.plain_delete, nullptr, p);
}

EBB_EXPORT void operator delete(void* p, std::size_t n) noexcept {
    deallocate_by<std::size_t>(next_operators.plain_delete_sized, delete_is_replaced, p, n);
}

EBB_EXPORT void operator delete(void* p, const std::nothrow_t& tag) noexcept {
    deallocate_by<const std::nothrow_t&>(next_operators.plain_delete_nothrow, delete_is_replaced, p,
                                         tag);
}

EBB_EXPORT void operator delete(void* p, std::align_val_t alignment) noexcept {
    deallocate_by<std::align_val_t>(next_operators.plain_delete_aligned, nullptr, p, alignment);
}

EBB_EXPORT void operator delete(void* p, std::size_t n, std::align_val_t alignment) noexcept {
    deallocate_by<std::size_t, std::align_val_t>(next_operators.plain_delete_sized_aligned,
                                                 aligned_delete_is_replaced, p, n, alignment);
}

EBB_EXPORT void operator delete(void* p, std::align_val_t alignment,
                                const std::nothrow_t& tag) noexcept {
    deallocate_by<std::align_val_t, const std::nothrow_t&>(
        next_operators.plain_delete_aligned_nothrow, aligned_delete_is_replaced, p, alignment, tag);
}

EBB_EXPORT void* operator new[](std::size_t n) {
    return allocate_by<>(next_operators.array_new, new_is_replaced, n);
}

EBB_EXPORT void* operator new[](std::size_t n, const std::nothrow_t& tag) noexcept {
    return allocate_by<const std::nothrow_t&>(next_operators.array_new_nothrow,
                                              array_new_is_replaced, n, tag);
}

EBB_EXPORT void* operator new[](std::size_t n, std::align_val_t alignment) {
    return allocate_by<std::align_val_t>(next_operators.array_new_aligned, aligned_new_is_replaced,
                                         n, alignment);
}

EBB_EXPORT void* operator new[](std::size_t n, std::align_val_t alignment,
                                const std::nothrow_t& tag) noexcept {
    return allocate_by<std::align_val_t, const std::nothrow_t&>(
        next_operators.array_new_aligned_nothrow, aligned_array_new_is_replaced, n, alignment, tag);
}

EBB_EXPORT void operator delete[](void* p) noexcept {
    deallocate_by<>(next_operators.array_delete, delete_is_replaced, p);
}

EBB_EXPORT void operator delete[](void* p, std::size_t n) noexcept {
    deallocate_by<std::size_t>(next_operators.array_delete_sized, array_delete_is_replaced, p, n);
}

EBB_EXPORT void operator delete[](void* p, const std::nothrow_t& tag) noexcept {
    deallocate_by<const std::nothrow_t&>(next_operators.array_delete_nothrow,
                                         array_delete_is_replaced, p, tag);
}

EBB_EXPORT void operator delete[](void* p, std::align_val_t alignment) noexcept {
    deallocate_by<std::align_val_t>(next_operators.array_delete_aligned, aligned_delete_is_replaced,
                                    p, alignment);
}

EBB_EXPORT void operator delete[](void* p, std::size_t n, std::align_val_t alignment) noexcept {
    deallocate_by<std::size_t, std::align_val_t>(next_operators.array_delete_sized_aligned,
                                                 aligned_array_delete_is_replaced, p, n, alignment);
}

EBB_EXPORT void operator delete[](void* p, std::align_val_t alignment,
                                  const std::nothrow_t& tag) noexcept {
    deallocate_by<std::align_val_t, const std::nothrow_t&>(
        next_operators.array_delete_aligned_nothrow, aligned_array_delete_is_replaced, p, alignment,
        tag);
}
