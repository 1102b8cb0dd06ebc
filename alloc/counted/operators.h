// Operators new and delete, counted once whoever answers them.
//
// jemalloc, mimalloc and tcmalloc bring operators of their own, and some of those come back through
// the malloc and free of the process, which is us: a new is settled afterwards by looking whether
// its block was counted meanwhile, a delete is counted first and its free told so. The C++
// runtime's operators would call our malloc: they are answered without it, exactly as asked (the
// runtime turns 0 into 1); where memory is short, the runtime does what it does, handlers and
// exceptions included, and the block is labelled with what was asked.
//
// An exception of the next operator's passes through: nothing here has to be undone then. A thread
// that stays `in_operator` looks at every free twice until its next new, no more.
#pragma once

#include <ebb/alloc/base/check.h>
#include <ebb/alloc/counted/heap.h>

#include <type_traits>

namespace ebb::counted {

/// Counts what a new of the next malloc's or the runtime's brought, unless it was counted on the
/// way; then only what was asked for is put right.
inline void* settle(void* p, std::size_t n, bool was_inside) noexcept {
    self.set(in_operator, was_inside);
    if (p == nullptr) {
        return p;
    }
    if (p != self.charged) {
        return keep(p, n);
    }
    const block b = sizes_of(p);
    if (b.requested != n || b.usable == 0) {
        replace(b, p, n);
    }
    return p;
}

template <class... Rest>
void* watch_new(void* (*call)(std::size_t, Rest...), std::size_t n, Rest... rest) {
    const bool was_inside = self.is(in_operator);
    self.charged = nullptr;
    self.set(in_operator, true);
    return settle(call(n, rest...), n, was_inside);
}

template <class F>
[[nodiscard]] origin origin_of(const operator_entry<F>& e) noexcept {
    origin from = e.from.load(std::memory_order_acquire);
    if (from == origin::unknown) [[unlikely]] {
        from = resolve() ? e.from.load(std::memory_order_acquire) : origin::runtime;
    }
    return from;
}

/// The runtime's own operator.
template <class F>
[[gnu::noinline]] F* runtimes(const operator_entry<F>& e) noexcept {
    F* call = e.call.load(std::memory_order_relaxed);
    if (call == nullptr) {
        call = reinterpret_cast<F*>(find_in_runtime(e.name));
        EBB_CHECK(call != nullptr, "operator new or delete: no C++ runtime to answer it");
    }
    return call;
}

/// Where the runtime must do it: there is no memory.
template <class... Rest>
[[gnu::noinline]] void* allocate_by_runtime(const new_entry<Rest...>& e, std::size_t n,
                                            Rest... rest) {
    return watch_new<Rest...>(runtimes(e), n, rest...);
}

/// What the runtime's operator takes of the next malloc: a byte where nothing was asked for.
template <class... Rest>
[[nodiscard]] void* take(std::size_t n, Rest... rest) noexcept {
    n = n == 0 ? 1 : n;
    if constexpr ((std::is_same_v<Rest, std::align_val_t> || ...)) {
        std::size_t alignment = 0;
        const auto look = [&alignment](auto each) {
            if constexpr (std::is_same_v<decltype(each), std::align_val_t>) {
                alignment = static_cast<std::size_t>(each);
            }
        };
        (look(rest), ...);
        // What is no alignment is the runtime's to refuse; memalign would round it up.
        return is_alignment(alignment) ? next.memalign(alignment, n) : nullptr;
    } else {
        return next.malloc(n);
    }
}

/// Whether a form on which another is built is the program's own.
using is_replaced = bool (*)() noexcept;

/// operator new in any form. Where the program has replaced one on which this is built, or malloc,
/// the runtime goes there; what that takes from our malloc is counted.
template <class... Rest>
void* allocate_by(const new_entry<Rest...>& e, is_replaced base, std::size_t n, Rest... rest) {
    switch (origin_of(e)) {
    case origin::heap:
        return watch_new<Rest...>(e.call.load(std::memory_order_relaxed), n, rest...);
    case origin::other:
        return e.call.load(std::memory_order_relaxed)(n, rest...);
    default:
        break;
    }
    if (heap_is_replaced() || (base != nullptr && base())) [[unlikely]] {
        return runtimes(e)(n, rest...);
    }
    if (void* const p = take<Rest...>(n, rest...); p != nullptr) [[likely]] {
        return keep(p, n);
    }
    return allocate_by_runtime<Rest...>(e, n, rest...);
}

/// operator delete in any form; `base` as above.
template <class... Rest>
void deallocate_by(const delete_entry<Rest...>& e, is_replaced base, void* p,
                   Rest... rest) noexcept {
    switch (origin_of(e)) {
    case origin::heap:
        break;
    case origin::other:
        e.call.load(std::memory_order_relaxed)(p, rest...);
        return;
    default:
        if (heap_is_replaced() || (base != nullptr && base())) [[unlikely]] {
            runtimes(e)(p, rest...);
        } else {
            deallocate(p);
        }
        return;
    }
    if (p == nullptr) {
        return;
    }
    if (!refund_before_free(p)) {
        return;
    }
    const bool was_inside = self.is(in_operator);
    const void* const outer = self.deleting;
    self.deleting = p;
    self.set(in_operator, true);
    e.call.load(std::memory_order_relaxed)(p, rest...);
    self.deleting = outer;
    self.set(in_operator, was_inside);
}

} // namespace ebb::counted
