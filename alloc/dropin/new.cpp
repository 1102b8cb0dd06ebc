// operator new and delete, every form, on the engine.
//
// Four forms answer by themselves; each other form goes on to the one that the standard says, by
// its name. So a program that replaces only operator new(size_t) and operator delete(void*) gets
// its blocks through these two, whichever form asks. All are weak: in a program that is linked with
// the archive, what the program defines itself comes instead.
#include <ebb/alloc/dropin/new_failed.h>
#include <ebb/alloc/dropin/throw_bad_alloc.h>
#include <ebb/alloc/dropin/together.h>
#include <ebb/alloc/engine/heap.h>

#include <new>

#define EBB_OPERATOR __attribute__((visibility("default"), weak))

namespace {

using namespace ebb; // NOLINT: a file of C++'s own symbols

[[gnu::used]] const char* const with = &ebb_malloc_is_here;

void* or_throw(void* p, std::size_t n, std::size_t alignment) {
    if (p == nullptr) [[unlikely]] {
        p = ask_new_handler(n, alignment);
        if (p == nullptr) {
            throw_bad_alloc();
        }
    }
    return p;
}

std::size_t bytes_of(std::align_val_t alignment) noexcept {
    return static_cast<std::size_t>(alignment);
}

// As the C++ runtime: no handler is asked for an alignment that is none.
bool is_wrong(std::align_val_t alignment) noexcept {
    return !is_alignment(bytes_of(alignment));
}

} // namespace

EBB_OPERATOR void* operator new(std::size_t n) {
    return or_throw(engine::allocate(n), n, 1);
}
EBB_OPERATOR void* operator new(std::size_t n, std::align_val_t a) {
    if (is_wrong(a)) [[unlikely]] {
        throw_bad_alloc();
    }
    return or_throw(engine::allocate_aligned(n, bytes_of(a)), n, bytes_of(a));
}
EBB_OPERATOR void operator delete(void* p) noexcept {
    engine::deallocate(p);
}
EBB_OPERATOR void operator delete(void* p, std::align_val_t) noexcept {
    engine::deallocate(p);
}

EBB_OPERATOR void* operator new[](std::size_t n) {
    return ::operator new(n);
}
EBB_OPERATOR void* operator new[](std::size_t n, std::align_val_t a) {
    return ::operator new(n, a);
}
EBB_OPERATOR void operator delete[](void* p) noexcept {
    ::operator delete(p);
}
EBB_OPERATOR void operator delete[](void* p, std::align_val_t a) noexcept {
    ::operator delete(p, a);
}

#include <ebb/alloc/dropin/own_operators.h> // of the definitions above

EBB_OPERATOR void* operator new(std::size_t n, const std::nothrow_t&) noexcept {
    if (new_is_replaced()) {
        return call_quietly(new_form{&::operator new}, n);
    }
    void* const p = engine::allocate(n);
    return p != nullptr ? p : ask_new_handler_quietly(n, 1);
}
EBB_OPERATOR void* operator new(std::size_t n, std::align_val_t a, const std::nothrow_t&) noexcept {
    if (aligned_new_is_replaced()) {
        return call_quietly(aligned_new_form{&::operator new}, n, a);
    }
    if (is_wrong(a)) [[unlikely]] {
        return nullptr;
    }
    void* const p = engine::allocate_aligned(n, bytes_of(a));
    return p != nullptr ? p : ask_new_handler_quietly(n, bytes_of(a));
}
EBB_OPERATOR void* operator new[](std::size_t n, const std::nothrow_t& quietly) noexcept {
    return array_new_is_replaced() ? call_quietly(new_form{&::operator new[]}, n)
                                   : ::operator new(n, quietly);
}
EBB_OPERATOR void* operator new[](std::size_t n, std::align_val_t a,
                                  const std::nothrow_t& quietly) noexcept {
    return aligned_array_new_is_replaced()
               ? call_quietly(aligned_new_form{&::operator new[]}, n, a)
               : ::operator new(n, a, quietly);
}

// The hardened build looks at the size, where no operator of the program's is in between.
EBB_OPERATOR void operator delete(void* p, std::size_t n) noexcept {
    if (engine::hardened && !delete_is_replaced()) {
        return engine::deallocate_sized(p, n);
    }
    ::operator delete(p);
}
EBB_OPERATOR void operator delete(void* p, std::size_t n, std::align_val_t a) noexcept {
    if (engine::hardened && !aligned_delete_is_replaced()) {
        return engine::deallocate_sized(p, n);
    }
    ::operator delete(p, a);
}
EBB_OPERATOR void operator delete[](void* p, std::size_t n) noexcept {
    if (engine::hardened && !array_delete_is_replaced()) {
        return engine::deallocate_sized(p, n);
    }
    ::operator delete[](p);
}
EBB_OPERATOR void operator delete[](void* p, std::size_t n, std::align_val_t a) noexcept {
    if (engine::hardened && !aligned_array_delete_is_replaced()) {
        return engine::deallocate_sized(p, n);
    }
    ::operator delete[](p, a);
}

EBB_OPERATOR void operator delete(void* p, const std::nothrow_t&) noexcept {
    ::operator delete(p);
}
EBB_OPERATOR void operator delete(void* p, std::align_val_t a, const std::nothrow_t&) noexcept {
    ::operator delete(p, a);
}
EBB_OPERATOR void operator delete[](void* p, const std::nothrow_t&) noexcept {
    ::operator delete[](p);
}
EBB_OPERATOR void operator delete[](void* p, std::align_val_t a, const std::nothrow_t&) noexcept {
    ::operator delete[](p, a);
}
