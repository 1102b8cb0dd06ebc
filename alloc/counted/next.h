// The next malloc: whichever object after this library defines it, looked up by dlsym at the first
// call of anything. On the way: the C symbols of dropin/ -> counted/heap.h -> here.
//
// Cost: an indirect call. Each entry begins as a stand-in that looks everything up and goes on, so
// that the way itself asks nothing. While the look-up runs, its own thread is served by
// counted/bootstrap.h, and others wait.
#pragma once

#include <atomic>
#include <cstddef>
#include <new>

namespace ebb::counted {

/// A function of the next malloc's.
template <class F>
class entry;

template <class R, class... A>
class entry<R(A...)> {
  public:
    constexpr explicit entry(R (*stand_in)(A...)) noexcept : call_(stand_in) {}

    R operator()(A... a) const { return call_.load(std::memory_order_relaxed)(a...); }
    [[nodiscard]] const void* address() const noexcept {
        return reinterpret_cast<const void*>(call_.load(std::memory_order_relaxed));
    }
    void set(R (*call)(A...)) noexcept { call_.store(call, std::memory_order_relaxed); }

  private:
    std::atomic<R (*)(A...)> call_;
};

struct functions {
    entry<void*(std::size_t)> malloc;
    entry<void*(std::size_t, std::size_t)> calloc;
    entry<void*(void*, std::size_t)> realloc;
    entry<void(void*)> free;
    entry<std::size_t(void*)> malloc_usable_size;
    entry<void*(std::size_t, std::size_t)> aligned_alloc;
    entry<int(void**, std::size_t, std::size_t)> posix_memalign;
    entry<void*(std::size_t, std::size_t)> memalign;
    entry<void*(std::size_t)> valloc;
    entry<void*(std::size_t)> pvalloc;
};

extern constinit functions next;

/// Who answers an operator new or delete after us.
enum class origin : unsigned char {
    unknown, ///< not looked up yet
    heap,    ///< the object that has the next malloc: its operators are its own way in and out
    runtime, ///< the C++ runtime, or nobody yet: it would come back to our malloc and free
    other,   ///< an object in between: whatever it takes from malloc is counted there
};

template <class F>
struct operator_entry {
    const char* name; ///< as linkers know it
    std::atomic<F*> call{nullptr};
    std::atomic<origin> from{origin::unknown};
};

template <class... Rest>
using new_entry = operator_entry<void*(std::size_t, Rest...)>;
template <class... Rest>
using delete_entry = operator_entry<void(void*, Rest...)>;

// Linker names are those of the two 64-bit Linux ABIs that ebb runs on: size_t is `m`.
struct operators {
    new_entry<> plain_new{"_Znwm"};
    new_entry<> array_new{"_Znam"};
    new_entry<const std::nothrow_t&> plain_new_nothrow{"_ZnwmRKSt9nothrow_t"};
    new_entry<const std::nothrow_t&> array_new_nothrow{"_ZnamRKSt9nothrow_t"};
    new_entry<std::align_val_t> plain_new_aligned{"_ZnwmSt11align_val_t"};
    new_entry<std::align_val_t> array_new_aligned{"_ZnamSt11align_val_t"};
    new_entry<std::align_val_t, const std::nothrow_t&> plain_new_aligned_nothrow{
        "_ZnwmSt11align_val_tRKSt9nothrow_t"};
    new_entry<std::align_val_t, const std::nothrow_t&> array_new_aligned_nothrow{
        "_ZnamSt11align_val_tRKSt9nothrow_t"};

    delete_entry<> plain_delete{"_ZdlPv"};
    delete_entry<> array_delete{"_ZdaPv"};
    delete_entry<std::size_t> plain_delete_sized{"_ZdlPvm"};
    delete_entry<std::size_t> array_delete_sized{"_ZdaPvm"};
    delete_entry<const std::nothrow_t&> plain_delete_nothrow{"_ZdlPvRKSt9nothrow_t"};
    delete_entry<const std::nothrow_t&> array_delete_nothrow{"_ZdaPvRKSt9nothrow_t"};
    delete_entry<std::align_val_t> plain_delete_aligned{"_ZdlPvSt11align_val_t"};
    delete_entry<std::align_val_t> array_delete_aligned{"_ZdaPvSt11align_val_t"};
    delete_entry<std::size_t, std::align_val_t> plain_delete_sized_aligned{
        "_ZdlPvmSt11align_val_t"};
    delete_entry<std::size_t, std::align_val_t> array_delete_sized_aligned{
        "_ZdaPvmSt11align_val_t"};
    delete_entry<std::align_val_t, const std::nothrow_t&> plain_delete_aligned_nothrow{
        "_ZdlPvSt11align_val_tRKSt9nothrow_t"};
    delete_entry<std::align_val_t, const std::nothrow_t&> array_delete_aligned_nothrow{
        "_ZdaPvSt11align_val_tRKSt9nothrow_t"};
};

extern constinit operators next_operators;

/// Looks everything up once. False while this very thread is in the midst of doing so.
/// Stops the program where no object after this library has a malloc.
bool resolve() noexcept;

/// Whether a malloc stands before this library's: the program's own, or that of a library before
/// it. Then what is built on malloc, realloc and free goes on to these as they are in force.
[[nodiscard]] bool heap_is_replaced() noexcept;

/// The runtime's operator of that name, also where it was loaded after the look-up, for its own
/// scope alone; null where no C++ runtime is loaded.
[[nodiscard]] void* find_in_runtime(const char* name) noexcept;

/// The function of the next malloc's that calls of that name are handed on to; null for others than
/// malloc, free, calloc, realloc, aligned_alloc, posix_memalign, memalign and malloc_usable_size.
[[nodiscard]] const void* find_next(const char* name) noexcept;

/// Whether a malloc of this process comes through here: not so where the program itself, which
/// precedes every library, has one linked in. Found out as the library is loaded.
[[nodiscard]] bool is_answering() noexcept;

} // namespace ebb::counted
