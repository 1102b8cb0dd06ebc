#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/base/check.h>
#include <ebb/alloc/os/pages.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace ebb::os {
namespace {

void* map_aligned(std::size_t bytes, std::size_t alignment, int protection) noexcept {
    const std::size_t page = page_size();
    const std::size_t spare = alignment > page ? alignment - page : 0;
    if (bytes == 0 || bytes + spare < bytes) {
        errno = ENOMEM;
        return nullptr;
    }
    void* const raw =
        ::mmap(nullptr, bytes + spare, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (raw == MAP_FAILED) {
        return nullptr;
    }
    if (spare == 0) {
        return raw;
    }
    // What can't be cut off (a process at its limit of mappings) are addresses, not memory.
    const std::size_t before = align_up(address_of(raw), alignment) - address_of(raw);
    if (before != 0) {
        static_cast<void>(try_unmap(raw, before));
    }
    if (spare != before) {
        static_cast<void>(try_unmap(advance(raw, before + bytes), spare - before));
    }
    return advance(raw, before);
}

} // namespace

std::size_t page_size() noexcept {
    static const std::size_t bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    return bytes;
}

void* reserve(std::size_t bytes, std::size_t alignment) noexcept {
    return map_aligned(bytes, alignment, PROT_NONE);
}

bool commit(void* pages, std::size_t bytes) noexcept {
    return ::mprotect(pages, bytes, PROT_READ | PROT_WRITE) == 0;
}

void* map(std::size_t bytes, std::size_t alignment) noexcept {
    constexpr std::size_t huge_page = 2 * mib;
    if (bytes < huge_page) {
        return map_aligned(bytes, alignment, PROT_READ | PROT_WRITE);
    }
    void* const p = map_aligned(bytes, std::max(alignment, huge_page), PROT_READ | PROT_WRITE);
    if (p != nullptr) {
        const int error = errno;
        static_cast<void>(::madvise(p, bytes, MADV_HUGEPAGE)); // a wish: not every kernel grants it
        errno = error;
    }
    return p;
}

void* map_as_is(std::size_t bytes, std::size_t alignment) noexcept {
    return map_aligned(bytes, alignment, PROT_READ | PROT_WRITE);
}

void keep_small(void* pages, std::size_t bytes) noexcept {
    const int error = errno;
    static_cast<void>(::madvise(pages, bytes, MADV_NOHUGEPAGE)); // a kernel without them: EINVAL
    errno = error;
}

void populate(void* pages, std::size_t bytes) noexcept {
    constexpr int populate_write = 23; // MADV_POPULATE_WRITE, younger than some systems' headers
    const int error = errno;
    static_cast<void>(::madvise(pages, bytes, populate_write));
    errno = error;
}

void name_pages(void* pages, std::size_t bytes, const char* name) noexcept {
    constexpr int set_vma = 0x53564d61; // PR_SET_VMA, younger than Debian 12's headers' users
    const int error = errno;
    static_cast<void>(::prctl(set_vma, 0, pages, bytes, name));
    errno = error;
}

void release(void* pages, std::size_t bytes) noexcept {
    const int error = errno;
    if (::madvise(pages, bytes, MADV_DONTNEED) != 0) {
        EBB_CHECK_AT(errno == EINVAL && is_aligned(pages, page_size()),
                     "release: not a mapping of ours", pages);
        std::memset(pages, 0, bytes); // locked into memory (mlockall): they stay, as was wished
        errno = error;
    }
}

bool try_unmap(void* pages, std::size_t bytes) noexcept {
    const int error = errno;
    if (::munmap(pages, bytes) == 0) {
        return true;
    }
    EBB_CHECK_AT(errno == ENOMEM, "unmap: not a mapping of ours", pages);
    errno = error;
    return false;
}

void unmap_or_release(void* pages, std::size_t bytes) noexcept {
    if (!try_unmap(pages, bytes)) {
        release(pages, bytes);
    }
}

void unmap(void* pages, std::size_t bytes) noexcept {
    EBB_CHECK_AT(::munmap(pages, bytes) == 0, "unmap: not a mapping of ours", pages);
}

bool resident_pages(const void* pages, std::size_t bytes, unsigned char* in_core) noexcept {
    const int error = errno;
    const std::size_t count = align_up(bytes, page_size()) / page_size();
    auto* const at = reinterpret_cast<void*>(address_of(pages));
    const bool told = ::mincore(at, bytes, in_core) == 0;
    errno = error;
    for (std::size_t i = 0; i < count; ++i) {
        in_core[i] = told ? in_core[i] & 1U : 0;
    }
    return told;
}

std::size_t resident(const void* pages, std::size_t bytes) noexcept {
    const std::size_t page = page_size();
    constexpr std::size_t block_pages = 4096;
    unsigned char in_core[block_pages];
    std::size_t count = 0;
    const std::uintptr_t end = address_of(pages) + bytes;
    for (std::uintptr_t at = align_down(address_of(pages), page); at < end;) {
        const std::size_t length = std::min(align_up(end - at, page), block_pages * page);
        if (!resident_pages(reinterpret_cast<void*>(at), length, in_core)) {
            break;
        }
        count += static_cast<std::size_t>(std::count(in_core, in_core + length / page, 1));
        at += length;
    }
    return count * page;
}

} // namespace ebb::os
