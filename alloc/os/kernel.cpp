#include <ebb/alloc/base/check.h>
#include <ebb/alloc/base/sanitizers.h>
#include <ebb/alloc/os/frames.h>
#include <ebb/alloc/os/kernel.h>
#include <ebb/alloc/os/lock.h>
#include <ebb/alloc/os/system_call.h>

#include <linux/random.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <cerrno>

namespace ebb::os {
namespace {

long word(const void* p) noexcept {
    return reinterpret_cast<long>(p);
}
long word(std::size_t bytes) noexcept {
    return static_cast<long>(bytes);
}

// Nobody may have to wait for the kernel's work: design of alloc/engine.
void check_no_lock() noexcept {
#if EBB_LOCK_RULE
    if (locks_held != 0) {
        write_frames();
        EBB_CHECK(false, "a system call about memory under a lock");
    }
#endif
}

// What a function of libc's returned, as the kernel says it; errno as it was before.
template <class F>
long of_libc(F&& call) noexcept {
    const int before = errno;
    const long result = call();
    const long error = errno;
    errno = before;
    return result == -1 ? -error : result;
}

} // namespace

long kernel::map(std::size_t bytes, int protection) noexcept {
    check_no_lock();
    constexpr int flags = MAP_PRIVATE | MAP_ANONYMOUS;
    if constexpr (sanitized) {
        return of_libc([&] { return word(::mmap(nullptr, bytes, protection, flags, -1, 0)); });
    } else {
        return system_call(SYS_mmap, 0, word(bytes), protection, flags, -1, 0);
    }
}

long kernel::map_over(void* pages, std::size_t bytes, int protection) noexcept {
    check_no_lock();
    return system_call(SYS_mmap, word(pages), word(bytes), protection,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

long kernel::unmap(void* pages, std::size_t bytes) noexcept {
    check_no_lock();
    if constexpr (sanitized) {
        return of_libc([&] { return long{::munmap(pages, bytes)}; });
    } else {
        return system_call(SYS_munmap, word(pages), word(bytes));
    }
}

long kernel::map_into(void* hole, std::size_t bytes, int protection) noexcept {
    check_no_lock();
    constexpr int no_replace = 0x100000; // MAP_FIXED_NOREPLACE, younger than some systems' headers
    return system_call(SYS_mmap, word(hole), word(bytes), protection,
                       MAP_PRIVATE | MAP_ANONYMOUS | no_replace, -1, 0);
}

long kernel::grow(void* from, std::size_t bytes, std::size_t new_bytes) noexcept {
    check_no_lock();
    return system_call(SYS_mremap, word(from), word(bytes), word(new_bytes), MREMAP_MAYMOVE);
}

long kernel::move(void* from, std::size_t bytes, void* to, std::size_t to_bytes) noexcept {
    check_no_lock();
    return system_call(SYS_mremap, word(from), word(bytes), word(to_bytes),
                       MREMAP_MAYMOVE | MREMAP_FIXED, word(to));
}

long kernel::protect(void* pages, std::size_t bytes, int protection) noexcept {
    check_no_lock();
    return system_call(SYS_mprotect, word(pages), word(bytes), protection);
}

long kernel::advise(void* pages, std::size_t bytes, int advice) noexcept {
    check_no_lock();
    return system_call(SYS_madvise, word(pages), word(bytes), advice);
}

long kernel::in_core(void* pages, std::size_t bytes, unsigned char* out) noexcept {
    check_no_lock();
    return system_call(SYS_mincore, word(pages), word(bytes), word(out));
}

long kernel::advise_all(const byte_range* ranges, std::size_t count, int advice) noexcept {
    check_no_lock();
    // Younger than some systems' headers: the call, and the name that a process has for itself,
    // which needs no file descriptor.
    constexpr long process_madvise = 440;
    constexpr long self = -10000; // PIDFD_SELF
    return system_call(process_madvise, self, word(ranges), word(count), advice, 0);
}

long kernel::lock_on_fault(void* pages, std::size_t bytes) noexcept {
    check_no_lock();
    constexpr long on_fault = 1; // MLOCK_ONFAULT
    return system_call(SYS_mlock2, word(pages), word(bytes), on_fault);
}

long kernel::unlock(void* pages, std::size_t bytes) noexcept {
    check_no_lock();
    return system_call(SYS_munlock, word(pages), word(bytes));
}

long kernel::name(void* pages, std::size_t bytes, const char* text) noexcept {
    check_no_lock();
    constexpr long set_vma = 0x53564d61; // PR_SET_VMA, younger than some systems' headers
    return system_call(SYS_prctl, set_vma, 0, word(pages), word(bytes), word(text));
}

long kernel::random(void* out, std::size_t bytes) noexcept {
    check_no_lock();
    return system_call(SYS_getrandom, word(out), word(bytes), GRND_NONBLOCK);
}

} // namespace ebb::os
