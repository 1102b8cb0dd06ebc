#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/base/check.h>
#include <ebb/alloc/base/narrow.h>
#include <ebb/alloc/os/kernel.h>
#include <ebb/alloc/os/pages.h>

#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace ebb::os {
namespace {

constinit std::atomic<bool> names_shown{false};
// The kernel, or a filter that stays for good, knows no advice on many ranges; or may not be asked.
constinit std::atomic<bool> many_refused{false};
// mlockall(MCL_FUTURE) was in force when pages were last mapped to come by being touched.
constinit std::atomic<bool> all_is_locked{false};

constexpr int dontneed_locked = 24; // MADV_DONTNEED_LOCKED, younger than some systems' headers

bool refused(long result) noexcept {
    constexpr long last_error = 4095; // what the kernel returns as an error is no address
    return -last_error <= result && result < 0;
}

void* map_aligned(std::size_t bytes, std::size_t alignment, int protection) noexcept {
    const std::size_t page = page_size();
    const std::size_t spare = alignment > page ? alignment - page : 0;
    if (bytes == 0 || bytes + spare < bytes) {
        errno = ENOMEM;
        return nullptr;
    }
    const long mapped = kernel::map(bytes + spare, protection);
    if (refused(mapped)) {
        errno = bounded<int>(-mapped);
        return nullptr;
    }
    void* const raw = reinterpret_cast<void*>(mapped);
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

// A page without memory stays so: to read it makes none.
void clear(std::byte* pages, std::size_t bytes) noexcept {
    const std::size_t page = page_size();
    for (std::byte* p = pages; p != pages + bytes; p += page) {
        if (*p != std::byte{0} || std::memcmp(p, p + 1, page - 1) != 0) {
            std::memset(p, 0, page);
        }
    }
}

void check_ours(const void* pages) noexcept {
    EBB_CHECK_AT(is_aligned(pages, page_size()), "pages: not a mapping of ours", pages);
}

// EINVAL says that some of the pages are locked, not which: halves of a range are tried until the
// refusals are too many. Returns how many bytes stayed.
std::size_t release_in_parts(void* pages, std::size_t bytes, int& refusals) noexcept {
    constexpr int most_refusals = 64;
    const long result = kernel::advise(pages, bytes, MADV_DONTNEED);
    if (!refused(result)) {
        return 0;
    }
    if (result != -EINVAL || bytes <= page_size() || ++refusals > most_refusals) {
        return bytes;
    }
    const std::size_t half = align_up(bytes / 2, page_size());
    const std::size_t front = release_in_parts(pages, half, refusals);
    return front + release_in_parts(advance(pages, half), bytes - half, refusals);
}

// After a move that was refused. The kernel may have unmapped what was at `to` before it found that
// it can't, and another thread may have got those addresses meanwhile. False: so it is.
bool is_there_again(void* to, std::size_t bytes, std::uint64_t mark) noexcept {
    const long again = kernel::map_into(to, bytes, PROT_READ | PROT_WRITE);
    if (reinterpret_cast<void*>(again) == to) {
        kernel::advise(to, bytes, MADV_NOHUGEPAGE); // as keep_small()
        return true;
    }
    if (!refused(again)) { // a kernel that took the address for a hint
        kernel::unmap(reinterpret_cast<void*>(again), bytes);
    }
    // Something is there: what was, or somebody else's. A page that isn't mapped has no advice
    // taken.
    std::uint64_t word = 0;
    if (!refused(kernel::advise(to, page_size(), MADV_NOHUGEPAGE))) {
        std::memcpy(&word, to, sizeof word);
    }
    return word == mark;
}

} // namespace

#if !defined(__x86_64__)
std::size_t page_size() noexcept {
    static const std::size_t bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    return bytes;
}
#endif

void* reserve(std::size_t bytes, std::size_t alignment) noexcept {
    return map_aligned(bytes, alignment, PROT_NONE);
}

bool commit(void* pages, std::size_t bytes) noexcept {
    const long result = kernel::protect(pages, bytes, PROT_READ | PROT_WRITE);
    if (refused(result)) {
        errno = bounded<int>(-result);
        return false;
    }
    return true;
}

void* map(std::size_t bytes, std::size_t alignment) noexcept {
    constexpr std::size_t huge_page = 2 * mib;
    if (bytes < huge_page) {
        return map_aligned(bytes, alignment, PROT_READ | PROT_WRITE);
    }
    void* const p = map_aligned(bytes, std::max(alignment, huge_page), PROT_READ | PROT_WRITE);
    if (p != nullptr) {
        kernel::advise(p, bytes, MADV_HUGEPAGE); // a wish: not every kernel grants it
    }
    return p;
}

void* map_as_is(std::size_t bytes, std::size_t alignment) noexcept {
    return map_aligned(bytes, alignment, PROT_READ | PROT_WRITE);
}

void* map_untouched(std::size_t bytes, std::size_t alignment) noexcept {
    // Aligned by luck where it joins what was mapped before.
    void* p = map_aligned(bytes, page_size(), PROT_NONE);
    if (p != nullptr && !is_aligned(p, alignment)) {
        static_cast<void>(try_unmap(p, bytes));
        p = map_aligned(bytes, alignment, PROT_NONE);
    }
    if (p == nullptr) {
        return nullptr;
    }
    // A page that is in memory when it may be written, and wasn't before, was brought there.
    if (bytes > page_size() && commit(p, page_size())) {
        const bool locked =
            resident(p, page_size()) != 0 && resident(advance(p, page_size()), page_size()) == 0;
        all_is_locked.store(locked, std::memory_order_relaxed);
        unlock_if_asked(p, bytes);
    }
    if (!commit(p, bytes)) {
        const int error = errno;
        unmap(p, bytes);
        errno = error;
        return nullptr;
    }
    keep_small(p, bytes);
    return p;
}

void lock_if_asked(void* pages, std::size_t bytes) noexcept {
    if (all_is_locked.load(std::memory_order_relaxed)) {
        kernel::lock_on_fault(pages, bytes);
    }
}

void unlock_if_asked(void* pages, std::size_t bytes) noexcept {
    if (all_is_locked.load(std::memory_order_relaxed)) {
        kernel::unlock(pages, bytes);
    }
}

void keep_small(void* pages, std::size_t bytes) noexcept {
    kernel::advise(pages, bytes, MADV_NOHUGEPAGE); // a kernel without them: EINVAL
}

void populate(void* pages, std::size_t bytes) noexcept {
    constexpr int populate_write = 23; // MADV_POPULATE_WRITE, younger than some systems' headers
    kernel::advise(pages, bytes, populate_write);
}

void show_names(bool show) noexcept {
    names_shown.store(show, std::memory_order_relaxed);
}

void name_pages(void* pages, std::size_t bytes, const char* name) noexcept {
    if (names_shown.load(std::memory_order_relaxed)) {
        kernel::name(pages, bytes, name);
    }
}

void release(void* pages, std::size_t bytes) noexcept {
    check_ours(pages);
    if (refused(kernel::advise(pages, bytes, MADV_DONTNEED)) &&
        refused(kernel::advise(pages, bytes, dontneed_locked))) {
        clear(static_cast<std::byte*>(pages), bytes);
    }
}

void release_end(void* pages, std::size_t bytes, const void* end) noexcept {
#ifdef __x86_64__
    constexpr std::size_t few = 4;                   // not worth it
    constexpr std::size_t span = 35;                 // empties the tables, as 34 do
    constexpr std::size_t table = 512 * page_size(); // beyond it the page would need memory
    const std::size_t wide = span * page_size();
    if (bytes > few * page_size() && bytes < wide - page_size() &&
        distance_bytes(pages, end) >= wide &&
        address_of(pages) / table == (address_of(pages) + wide - 1) / table) {
        static_cast<void>(*static_cast<const volatile char*>(advance(pages, wide - page_size())));
        bytes = wide;
    }
#else
    static_cast<void>(end);
#endif
    release(pages, bytes);
}

void release_all(const byte_range* ranges, std::size_t count) noexcept {
    static_assert(sizeof(byte_range) == sizeof(iovec) &&
                  offsetof(byte_range, bytes) == offsetof(iovec, iov_len));
    constexpr std::size_t most = 1024; // UIO_MAXIOV
    std::size_t n = 0;
    while (count - n > 1 && !many_refused.load(std::memory_order_relaxed)) {
        check_ours(ranges[n].at);
        const long result =
            kernel::advise_all(ranges + n, std::min(count - n, most), dontneed_locked);
        if (result == -ENOSYS || result == -EPERM || result == -EBADF) {
            many_refused.store(true, std::memory_order_relaxed);
        }
        auto done = refused(result) ? 0 : static_cast<std::size_t>(result);
        const std::size_t first = n;
        for (; n < count && done >= ranges[n].bytes; ++n) {
            done -= ranges[n].bytes;
        }
        if (n == first) { // the kernel has no such call, or refuses the first of them
            break;
        }
    }
    for (; n < count; ++n) {
        release(ranges[n].at, ranges[n].bytes);
    }
}

void release_one_by_one() noexcept {
    many_refused.store(true, std::memory_order_relaxed);
}

std::size_t release_what_goes(void* pages, std::size_t bytes) noexcept {
    check_ours(pages);
    int refusals = 0;
    return release_in_parts(pages, bytes, refusals);
}

bool try_release(void* pages, std::size_t bytes) noexcept {
    return release_what_goes(pages, bytes) == 0;
}

bool try_unmap(void* pages, std::size_t bytes) noexcept {
    check_ours(pages);
    return !refused(kernel::unmap(pages, bytes));
}

void unmap(void* pages, std::size_t bytes) noexcept {
    if (!try_unmap(pages, bytes)) {
        static_cast<void>(try_release(pages, bytes));
    }
}

bool resident_pages(const void* pages, std::size_t bytes, unsigned char* in_core) noexcept {
    const std::size_t count = align_up(bytes, page_size()) / page_size();
    auto* const at = reinterpret_cast<void*>(address_of(pages));
    const bool told = !refused(kernel::in_core(at, bytes, in_core));
    for (std::size_t i = 0; i < count; ++i) {
        in_core[i] = told ? in_core[i] & 1U : 0;
    }
    return told;
}

moved move_pages(void* from, std::size_t bytes, void* to, std::size_t to_bytes) noexcept {
    if (!pages_move) {
        return moved::no;
    }
    const std::uint64_t mark = ~std::uint64_t{address_of(to)};
    std::memcpy(to, &mark, sizeof mark);
    if (!refused(kernel::move(from, bytes, to, to_bytes))) {
        return moved::yes;
    }
    if (!is_there_again(to, to_bytes, mark)) {
        return moved::lost;
    }
    std::memset(to, 0, sizeof mark);
    return moved::no;
}

void* grow_pages(void* from, std::size_t bytes, std::size_t new_bytes,
                 std::size_t alignment) noexcept {
    const std::size_t spare = alignment - page_size();
    const long result = kernel::grow(from, bytes, new_bytes + spare);
    if (refused(result)) {
        return nullptr;
    }
    void* const raw = reinterpret_cast<void*>(result);
    const std::size_t before = align_up(address_of(raw), alignment) - address_of(raw);
    void* const to = advance(raw, before);
    std::memmove(to, raw, bytes);
    if (before != 0) {
        static_cast<void>(try_unmap(raw, before));
    }
    if (spare != before) {
        static_cast<void>(try_unmap(advance(to, new_bytes), spare - before));
    }
    return to;
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
