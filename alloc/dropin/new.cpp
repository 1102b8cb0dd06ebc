// operator new and delete, every form, on the engine.
//
// The library doesn't need libstdc++: a C program loads it too. What `new` needs of the C++ runtime
// when memory is out, the new-handler and bad_alloc, it finds in the program's own.
#include <ebb/alloc/dropin/together.h>
#include <ebb/alloc/engine/heap.h>

#include <cstdlib>
#include <new>

#define EBB_EXPORT __attribute__((visibility("default")))

// libstdc++'s, null in a program without it. The last ones are what the compiler calls for
// `catch`.
// NOLINTBEGIN: the names as the linker has them
extern "C" __attribute__((weak)) std::new_handler _ZSt15get_new_handlerv() noexcept;
extern "C" __attribute__((weak)) void _ZSt17__throw_bad_allocv();
// NOLINTEND
asm(".weak __gxx_personality_v0\n.weak __cxa_begin_catch\n.weak __cxa_end_catch\n.weak "
    "_ZSt9terminatev");

namespace {

using namespace ebb; // NOLINT: a file of C++'s own symbols

[[gnu::used]] const char* const with = &ebb_malloc_is_here;

// The standard's loop: the handler may free something, or leave by an exception of its own.
void* again(std::size_t n, std::size_t alignment) {
    for (;;) {
        std::new_handler handler =
            _ZSt15get_new_handlerv == nullptr ? nullptr : _ZSt15get_new_handlerv();
        if (handler == nullptr) {
            return nullptr;
        }
        handler();
        if (void* const p = engine::allocate_aligned(n, alignment)) {
            return p;
        }
    }
}

void* or_throw(void* p, std::size_t n, std::size_t alignment) {
    if (p == nullptr) [[unlikely]] {
        p = again(n, alignment);
        if (p == nullptr) {
            if (_ZSt17__throw_bad_allocv != nullptr) {
                _ZSt17__throw_bad_allocv();
            }
            std::abort();
        }
    }
    return p;
}

void* or_null(void* p, std::size_t n, std::size_t alignment) noexcept {
    if (p == nullptr) [[unlikely]] {
        try {
            return again(n, alignment);
        } catch (...) { // a handler's own way out
            return nullptr;
        }
    }
    return p;
}

std::size_t bytes_of(std::align_val_t alignment) noexcept {
    return static_cast<std::size_t>(alignment);
}

} // namespace

EBB_EXPORT void* operator new(std::size_t n) {
    return or_throw(engine::allocate(n), n, 1);
}
EBB_EXPORT void* operator new[](std::size_t n) {
    return or_throw(engine::allocate(n), n, 1);
}
EBB_EXPORT void* operator new(std::size_t n, const std::nothrow_t&) noexcept {
    return or_null(engine::allocate(n), n, 1);
}
EBB_EXPORT void* operator new[](std::size_t n, const std::nothrow_t&) noexcept {
    return or_null(engine::allocate(n), n, 1);
}
EBB_EXPORT void* operator new(std::size_t n, std::align_val_t a) {
    return or_throw(engine::allocate_aligned(n, bytes_of(a)), n, bytes_of(a));
}
EBB_EXPORT void* operator new[](std::size_t n, std::align_val_t a) {
    return or_throw(engine::allocate_aligned(n, bytes_of(a)), n, bytes_of(a));
}
EBB_EXPORT void* operator new(std::size_t n, std::align_val_t a, const std::nothrow_t&) noexcept {
    return or_null(engine::allocate_aligned(n, bytes_of(a)), n, bytes_of(a));
}
EBB_EXPORT void* operator new[](std::size_t n, std::align_val_t a, const std::nothrow_t&) noexcept {
    return or_null(engine::allocate_aligned(n, bytes_of(a)), n, bytes_of(a));
}

EBB_EXPORT void operator delete(void* p) noexcept {
    engine::deallocate(p);
}
EBB_EXPORT void operator delete[](void* p) noexcept {
    engine::deallocate(p);
}
EBB_EXPORT void operator delete(void* p, std::size_t n) noexcept {
    engine::deallocate_sized(p, n);
}
EBB_EXPORT void operator delete[](void* p, std::size_t n) noexcept {
    engine::deallocate_sized(p, n);
}
EBB_EXPORT void operator delete(void* p, std::align_val_t) noexcept {
    engine::deallocate(p);
}
EBB_EXPORT void operator delete[](void* p, std::align_val_t) noexcept {
    engine::deallocate(p);
}
EBB_EXPORT void operator delete(void* p, std::size_t n, std::align_val_t) noexcept {
    engine::deallocate_sized(p, n);
}
EBB_EXPORT void operator delete[](void* p, std::size_t n, std::align_val_t) noexcept {
    engine::deallocate_sized(p, n);
}
EBB_EXPORT void operator delete(void* p, const std::nothrow_t&) noexcept {
    engine::deallocate(p);
}
EBB_EXPORT void operator delete[](void* p, const std::nothrow_t&) noexcept {
    engine::deallocate(p);
}
EBB_EXPORT void operator delete(void* p, std::align_val_t, const std::nothrow_t&) noexcept {
    engine::deallocate(p);
}
EBB_EXPORT void operator delete[](void* p, std::align_val_t, const std::nothrow_t&) noexcept {
    engine::deallocate(p);
}
