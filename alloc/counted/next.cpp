#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/base/check.h>
#include <ebb/alloc/counted/bootstrap.h>
#include <ebb/alloc/counted/counters.h>
#include <ebb/alloc/counted/early.h>
#include <ebb/alloc/counted/next.h>
#include <ebb/alloc/os/loaded.h>
#include <ebb/alloc/os/pages.h>

#include <dlfcn.h>
#include <pthread.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

// This library's malloc by a name that nobody can replace (dropin/count_malloc.cpp).
extern "C" __attribute__((visibility("hidden"))) const char ebb_own_malloc[]; // NOLINT

namespace ebb::counted {
namespace {

// Stand-ins: look up and go on, or, inside of the look-up, take from the bootstrap arena.

void* first_malloc(std::size_t n) {
    return resolve() ? next.malloc(n) : bootstrap::allocate(n, bootstrap::head_bytes);
}

void* first_calloc(std::size_t count, std::size_t n) {
    if (resolve()) {
        return next.calloc(count, n);
    }
    std::size_t bytes = 0;
    if (__builtin_mul_overflow(count, n, &bytes)) {
        errno = ENOMEM;
        return nullptr;
    }
    return bootstrap::allocate(bytes, bootstrap::head_bytes);
}

// Blocks of the bootstrap arena never come this far: counted/heap.h moves and frees them itself.
void* first_realloc(void* p, std::size_t n) {
    if (resolve()) {
        return next.realloc(p, n);
    }
    EBB_CHECK_AT(p == nullptr, "realloc: a block of nobody's before the first malloc", p);
    return bootstrap::allocate(n, bootstrap::head_bytes);
}

void first_free(void* p) {
    EBB_CHECK_AT(resolve(), "free: a block of nobody's before the first malloc", p);
    next.free(p);
}

std::size_t first_usable(void* p) {
    return bootstrap::owns(p) ? bootstrap::size(p) : resolve() ? next.malloc_usable_size(p) : 0;
}

void* first_aligned_alloc(std::size_t alignment, std::size_t n) {
    return resolve() ? next.aligned_alloc(alignment, n) : bootstrap::allocate(n, alignment);
}

int first_posix_memalign(void** p, std::size_t alignment, std::size_t n) {
    if (resolve()) {
        return next.posix_memalign(p, alignment, n);
    }
    *p = bootstrap::allocate(n, alignment);
    return *p == nullptr ? ENOMEM : 0;
}

void* first_memalign(std::size_t alignment, std::size_t n) {
    return resolve() ? next.memalign(alignment, n) : bootstrap::allocate(n, alignment);
}

void* first_valloc(std::size_t n) {
    return resolve() ? next.valloc(n) : bootstrap::allocate(n, os::page_size());
}

void* first_pvalloc(std::size_t n) {
    return resolve() ? next.pvalloc(n) : bootstrap::allocate(n, os::page_size());
}

// For a malloc that has no pvalloc (jemalloc): another object's would take from another heap.
// Requires: `n` doesn't overflow whole pages.
void* composed_pvalloc(std::size_t n) {
    const std::size_t page = os::page_size();
    return next.memalign(page, n == 0 ? page : align_up(n, page));
}

pthread_mutex_t resolution = PTHREAD_MUTEX_INITIALIZER;
constinit bool is_resolved = false;  // under the lock
constinit bool has_own_sizes = true; // the next malloc's object tells its blocks' sizes itself
constinit std::atomic<bool> answering{false};

const void* object_of(const void* symbol) noexcept {
    Dl_info info{};
    return symbol != nullptr && ::dladdr(symbol, &info) != 0 ? info.dli_fbase : nullptr;
}

template <class F>
F* after_us(const char* name) noexcept {
    return reinterpret_cast<F*>(::dlsym(RTLD_NEXT, name));
}

// A function that every malloc has.
template <class R, class... A>
auto* needed(const entry<R(A...)>&, const char* name) noexcept {
    auto* const call = after_us<R(A...)>(name);
    EBB_CHECK(call != nullptr, "libebbcount: no malloc comes after this library in the process");
    return call;
}

template <class F>
void look_up(operator_entry<F>& e, const void* heap, const void* runtime) noexcept {
    void* const call = os::find_exported_after(e.name, &next_operators);
    const void* const object = object_of(call);
    const origin from = object == nullptr   ? origin::runtime
                        : object == heap    ? origin::heap
                        : object == runtime ? origin::runtime
                                            : origin::other;
    e.call.store(reinterpret_cast<F*>(call), std::memory_order_relaxed);
    e.from.store(from, std::memory_order_release);
}

void look_everything_up() noexcept {
    const void* const heap = object_of(::dlsym(RTLD_NEXT, "malloc"));
    // What a C program doesn't have isn't asked of the dynamic linker, which would allocate the
    // text of an error, and that would be counted as the program's.
    const void* const runtime =
        object_of(os::find_exported_after("_ZSt15get_new_handlerv", &next_operators));
    auto& o = next_operators;
    const auto each = [&](auto&... e) { (look_up(e, heap, runtime), ...); };
    each(o.plain_new, o.array_new, o.plain_new_nothrow, o.array_new_nothrow, o.plain_new_aligned,
         o.array_new_aligned, o.plain_new_aligned_nothrow, o.array_new_aligned_nothrow);
    each(o.plain_delete, o.array_delete, o.plain_delete_sized, o.array_delete_sized,
         o.plain_delete_nothrow, o.array_delete_nothrow, o.plain_delete_aligned,
         o.array_delete_aligned, o.plain_delete_sized_aligned, o.array_delete_sized_aligned,
         o.plain_delete_aligned_nothrow, o.array_delete_aligned_nothrow);

    auto* const allocate = needed(next.malloc, "malloc");
    auto* const allocate_zeroed = needed(next.calloc, "calloc");
    auto* const reallocate = needed(next.realloc, "realloc");
    auto* const deallocate = needed(next.free, "free");
    auto* const usable_size = needed(next.malloc_usable_size, "malloc_usable_size");
    auto* const by_c11 = needed(next.aligned_alloc, "aligned_alloc");
    auto* const by_posix = needed(next.posix_memalign, "posix_memalign");
    auto* const by_unix = needed(next.memalign, "memalign");
    auto* const page_aligned = needed(next.valloc, "valloc");
    void* const whole_pages = ::dlsym(RTLD_NEXT, "pvalloc");
    const bool has_pvalloc = object_of(whole_pages) == heap;

    has_own_sizes = object_of(reinterpret_cast<const void*>(usable_size)) == heap;

    // No look-up from here on, for it may allocate: blocks are either the bootstrap arena's or, all
    // at once, the next malloc's.
    next.realloc.set(reallocate);
    next.free.set(deallocate);
    next.malloc_usable_size.set(usable_size);
    next.aligned_alloc.set(by_c11);
    next.posix_memalign.set(by_posix);
    next.memalign.set(by_unix);
    next.valloc.set(page_aligned);
    next.pvalloc.set(has_pvalloc ? reinterpret_cast<void* (*)(std::size_t)>(whole_pages)
                                 : composed_pvalloc);
    next.calloc.set(allocate_zeroed);
    next.malloc.set(allocate);
}

// Runs `ask` while this thread's blocks pass uncounted.
template <class Ask>
void ask_aside(Ask ask) noexcept {
    self.charged = nullptr;
    self.set(probing, true);
    ask();
    self.set(probing, false);
}

// Whether what malloc_usable_size says can be so. 0 is what some say before their constructors ran.
bool may_be_size(std::size_t usable, std::size_t requested) noexcept {
    return usable == 0 || (usable >= requested && usable <= 2 * requested + os::page_size());
}

std::size_t no_size(void*) noexcept {
    return 0;
}

// A library that puts a header of its own before each block and has no malloc_usable_size
// (libmemusage): glibc's then takes the header for its own, and says anything.
void see_whether_sizes_are_told() noexcept {
    for (const std::size_t n : {std::size_t{24}, std::size_t{1000}, std::size_t{5000}}) {
        void* const p = next.malloc(n);
        if (p != nullptr && !may_be_size(next.malloc_usable_size(p), n)) {
            next.malloc_usable_size.set(no_size);
            early::never_ends();
        }
        next.free(p);
    }
}

// tcmalloc makes an object by `new` when it is first asked for a block's size, and would be asked
// for that block's size by us: its own affair, settled before anything is counted.
void ask_for_a_first_size() noexcept {
    void* const p = next.malloc(1);
    if (p != nullptr) {
        if (next.malloc_usable_size(p) != 0) {
            early::end();
        }
        next.free(p);
    }
}

// The witness: a call of the malloc in force, by whoever has the first symbol of that name.
[[gnu::constructor]] void see_whether_we_answer() {
    resolve();
    const int error = errno;
    auto* const allocate =
        reinterpret_cast<void* (*)(std::size_t)>(::dlsym(RTLD_DEFAULT, "malloc"));
    auto* const deallocate = reinterpret_cast<void (*)(void*)>(::dlsym(RTLD_DEFAULT, "free"));
    ask_aside([=] {
        void* const p = allocate(1);
        answering.store(p != nullptr && p == self.charged, std::memory_order_relaxed);
        deallocate(p);
    });
    errno = error;
}

} // namespace

constinit functions next{
    entry<void*(std::size_t)>(first_malloc),
    entry<void*(std::size_t, std::size_t)>(first_calloc),
    entry<void*(void*, std::size_t)>(first_realloc),
    entry<void(void*)>(first_free),
    entry<std::size_t(void*)>(first_usable),
    entry<void*(std::size_t, std::size_t)>(first_aligned_alloc),
    entry<int(void**, std::size_t, std::size_t)>(first_posix_memalign),
    entry<void*(std::size_t, std::size_t)>(first_memalign),
    entry<void*(std::size_t)>(first_valloc),
    entry<void*(std::size_t)>(first_pvalloc),
};

constinit operators next_operators;

bool resolve() noexcept {
    if (self.is_resolving) {
        return false;
    }
    ::pthread_mutex_lock(&resolution);
    if (!is_resolved) {
        const int error = errno;
        self.is_resolving = true;
        look_everything_up();
        ask_aside(ask_for_a_first_size);
        if (!has_own_sizes) {
            ask_aside(see_whether_sizes_are_told);
        }
        static_cast<void>(::dlerror()); // what isn't there is nobody's error
        self.is_resolving = false;
        is_resolved = true;
        errno = error;
    }
    ::pthread_mutex_unlock(&resolution);
    return true;
}

void* find_in_runtime(const char* name) noexcept {
    return os::find_exported(name, &next_operators);
}

const void* find_next(const char* name) noexcept {
    resolve();
    const auto is = [name](const char* known) { return std::strcmp(name, known) == 0; };
    return is("malloc")               ? next.malloc.address()
           : is("free")               ? next.free.address()
           : is("calloc")             ? next.calloc.address()
           : is("realloc")            ? next.realloc.address()
           : is("aligned_alloc")      ? next.aligned_alloc.address()
           : is("posix_memalign")     ? next.posix_memalign.address()
           : is("memalign")           ? next.memalign.address()
           : is("malloc_usable_size") ? next.malloc_usable_size.address()
                                      : nullptr;
}

bool heap_is_replaced() noexcept {
    const auto* in_force = reinterpret_cast<const char*>(&std::malloc);
    asm("" : "+r"(in_force)); // or the compiler takes two names for two things
    return in_force != ebb_own_malloc;
}

bool is_answering() noexcept {
    return answering.load(std::memory_order_relaxed);
}

} // namespace ebb::counted
