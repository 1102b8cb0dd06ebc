#include <ebb/alloc/dropin/new_failed.h>
#include <ebb/alloc/engine/heap.h>
#include <ebb/alloc/engine/runtime.h>

#include <new>

// A runtime's, null in a program that has none at load.
// NOLINTBEGIN: the names as the linker has them
extern "C" __attribute__((weak)) std::new_handler _ZSt15get_new_handlerv() noexcept;
extern "C" __attribute__((weak)) int __gxx_personality_v0(...);
// NOLINTEND

namespace ebb {
namespace {

// `bound` where there is one, else the function of that name of another object.
template <class F>
F* runtimes(F* bound, const char* name) noexcept {
    return bound != nullptr ? bound : reinterpret_cast<F*>(engine::runtime_function(name));
}

template <class F>
void* or_null(F&& call) noexcept {
    try {
        return call();
    } catch (...) { // a handler's own way out
        return nullptr;
    }
}

} // namespace

void* ask_new_handler(std::size_t n, std::size_t alignment) {
    auto* const get = runtimes(_ZSt15get_new_handlerv, "_ZSt15get_new_handlerv");
    while (get != nullptr) {
        const std::new_handler handler = get();
        if (handler == nullptr) {
            break;
        }
        handler();
        if (void* const p = engine::allocate_aligned(n, alignment)) {
            return p;
        }
    }
    return nullptr;
}

void* ask_new_handler_quietly(std::size_t n, std::size_t alignment) noexcept {
    if (&__gxx_personality_v0 != nullptr) {
        return or_null([&] { return ask_new_handler(n, alignment); });
    }
    // Without a runtime at load a `catch` of ours isn't known to any unwinder. The runtime that
    // came later has one, round the ordinary operator new: ours, or the program's.
    using plain = void*(std::size_t, const std::nothrow_t&);
    using aligned = void*(std::size_t, std::align_val_t, const std::nothrow_t&);
    if (alignment == 1) {
        auto* const quiet = runtimes<plain>(nullptr, "_ZnwmRKSt9nothrow_t");
        return quiet == nullptr ? nullptr : quiet(n, std::nothrow_t{});
    }
    auto* const quiet = runtimes<aligned>(nullptr, "_ZnwmSt11align_val_tRKSt9nothrow_t");
    return quiet == nullptr ? nullptr : quiet(n, std::align_val_t{alignment}, std::nothrow_t{});
}

void* call_quietly(void* (*replaced)(std::size_t), std::size_t n) noexcept {
    return or_null([&] { return replaced(n); });
}
void* call_quietly(void* (*replaced)(std::size_t, std::align_val_t), std::size_t n,
                   std::align_val_t alignment) noexcept {
    return or_null([&] { return replaced(n, alignment); });
}

} // namespace ebb
