#include <ebb/alloc/os/guard.h>
#include <ebb/alloc/os/kernel.h>
#include <ebb/alloc/os/pages.h>

#include <sys/mman.h>

#include <atomic>
#include <cerrno>

namespace ebb::os {
namespace {

// Not in the headers of libcs before 2.41.
constexpr int guard_install = 102;
constexpr int guard_remove = 103;

constexpr int most_protected = 8192;
constinit std::atomic<int> protected_now{0};
constinit std::atomic<bool> has_marks{true};

bool mark(void* pages, std::size_t bytes) noexcept {
    if (!has_marks.load(std::memory_order_relaxed)) {
        return false;
    }
    const long result = kernel::advise(pages, bytes, guard_install);
    // EINVAL: an older kernel, or pages that are locked into memory.
    if (result == -EINVAL) {
        has_marks.store(false, std::memory_order_relaxed);
    }
    return result == 0;
}

bool protect(void* pages, std::size_t bytes) noexcept {
    if (protected_now.fetch_add(1, std::memory_order_relaxed) < most_protected &&
        kernel::protect(pages, bytes, PROT_NONE) == 0) {
        static_cast<void>(try_release(pages, bytes)); // locked pages stay: nobody reads them
        return true;
    }
    protected_now.fetch_sub(1, std::memory_order_relaxed);
    return false;
}

} // namespace

bool guard(void* pages, std::size_t bytes) noexcept {
    return mark(pages, bytes) || protect(pages, bytes);
}

// Which kind it was isn't noted: taking a mark off where none is does nothing, and mprotect joins
// mappings that are alike already. Where a filter of system calls has come meanwhile, nothing but a
// new page in the old one's place takes a mark off.
void unguard(void* pages, std::size_t bytes) noexcept {
    constexpr int usable = PROT_READ | PROT_WRITE;
    const long result = kernel::advise(pages, bytes, guard_remove);
    if (result != 0 && result != -EINVAL) { // EINVAL: the kernel knows no marks
        kernel::map_over(pages, bytes, usable);
    } else if (result != 0 || !has_marks.load(std::memory_order_relaxed)) {
        if (kernel::protect(pages, bytes, usable) == 0) {
            protected_now.fetch_sub(1, std::memory_order_relaxed);
        }
    }
}

} // namespace ebb::os
