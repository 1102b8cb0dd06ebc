// malloc and its family as C symbols, on the engine. No logic but what the standards say of zero,
// overflow, alignment and errno.
#include <ebb/alloc/dropin/together.h>
#include <ebb/alloc/engine/heap.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdlib>

#define EBB_EXPORT __attribute__((visibility("default")))

namespace {

using namespace ebb; // NOLINT: a file of C symbols

[[gnu::used]] const char* const with = &ebb_face_is_here;

void* no_memory() noexcept {
    errno = ENOMEM;
    return nullptr;
}

} // namespace

extern "C" {

const char ebb_malloc_is_here = 1;

EBB_EXPORT void* malloc(std::size_t n) noexcept {
    return engine::allocate(n);
}

EBB_EXPORT void free(void* p) noexcept {
    engine::deallocate(p);
}

EBB_EXPORT void cfree(void* p) noexcept {
    engine::deallocate(p);
}

EBB_EXPORT void* calloc(std::size_t count, std::size_t size) noexcept {
    std::size_t n = 0;
    return __builtin_mul_overflow(count, size, &n) ? no_memory() : engine::allocate_zeroed(n);
}

EBB_EXPORT void* realloc(void* p, std::size_t n) noexcept {
    if (p == nullptr) {
        return engine::allocate(n);
    }
    if (n == 0) { // as glibc: the block goes
        engine::deallocate(p);
        return nullptr;
    }
    return engine::reallocate(p, n);
}

EBB_EXPORT void* reallocarray(void* p, std::size_t count, std::size_t size) noexcept {
    std::size_t n = 0;
    return __builtin_mul_overflow(count, size, &n) ? no_memory() : realloc(p, n);
}

EBB_EXPORT int posix_memalign(void** out, std::size_t alignment, std::size_t n) noexcept {
    if (!is_alignment(alignment) || alignment % sizeof(void*) != 0) {
        return EINVAL;
    }
    const int error = errno;
    void* const p = engine::allocate_aligned(n, alignment);
    errno = error; // it has a result of its own
    if (p == nullptr) {
        return ENOMEM;
    }
    *out = p;
    return 0;
}

EBB_EXPORT void* aligned_alloc(std::size_t alignment, std::size_t n) noexcept {
    if (!is_alignment(alignment)) {
        errno = EINVAL;
        return nullptr;
    }
    return engine::allocate_aligned(n, alignment);
}

EBB_EXPORT void* memalign(std::size_t alignment, std::size_t n) noexcept {
    // As glibc: what is no power of two is rounded up to one.
    if (alignment > PTRDIFF_MAX) {
        errno = EINVAL;
        return nullptr;
    }
    return engine::allocate_aligned(n, alignment <= 1 ? 1 : std::bit_ceil(alignment));
}

EBB_EXPORT void* valloc(std::size_t n) noexcept {
    return engine::allocate_aligned(n, engine::page_bytes());
}

EBB_EXPORT void* pvalloc(std::size_t n) noexcept {
    return engine::allocate_pages(n);
}

EBB_EXPORT void free_sized(void* p, std::size_t n) noexcept {
    engine::deallocate_sized(p, n);
}

EBB_EXPORT void free_aligned_sized(void* p, std::size_t, std::size_t n) noexcept {
    engine::deallocate_sized(p, n);
}

EBB_EXPORT std::size_t malloc_usable_size(void* p) noexcept {
    return engine::usable_size(p);
}

/// jemalloc's question: the usable size of a block of n bytes. Of its flags, the alignment is
/// known (its lowest six bits: the logarithm).
EBB_EXPORT std::size_t nallocx(std::size_t n, int flags) noexcept {
    const std::size_t alignment = std::size_t{1} << (flags & 63);
    return engine::good_size(n, alignment);
}
}

// glibc's own names of the same functions, which some programs and libraries call. A block of one
// family may come back by the other. They name the functions of this file themselves, not those in
// force: a library that stands before this one and hands malloc on to __libc_malloc would be
// called again. Like all names that are taken over from libc they have no version, or whoever asks
// for malloc@GLIBC_2.2.5 would be answered by glibc.
#define EBB_LIBC_NAME(name, of)                                                                    \
    asm(".globl " name "\n.type " name ", @function\n.set " name ", " of)
EBB_LIBC_NAME("__libc_malloc", "malloc");
EBB_LIBC_NAME("__libc_free", "free");
EBB_LIBC_NAME("__libc_calloc", "calloc");
EBB_LIBC_NAME("__libc_realloc", "realloc");
EBB_LIBC_NAME("__libc_reallocarray", "reallocarray");
EBB_LIBC_NAME("__libc_memalign", "memalign");
EBB_LIBC_NAME("__libc_valloc", "valloc");
EBB_LIBC_NAME("__libc_pvalloc", "pvalloc");
EBB_LIBC_NAME("__posix_memalign", "posix_memalign");
