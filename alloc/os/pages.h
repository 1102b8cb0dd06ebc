// The one gate to the system's pages. Every other folder gets its memory through here.
//
// Sizes are bytes and multiples of page_size(); alignments are powers of two.
// Errors: a null pointer or false, errno as the kernel left it, nothing changed.
// Threads: all functions may be called from any thread.
#pragma once

#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/base/sanitizers.h>

#include <bit>
#include <cstddef>

namespace ebb::os {

/// The system's page, in bytes. Cost: none on x86-64, which has pages of 4 KiB alone; elsewhere (4,
/// 16 or 64 KiB) a load after the first call.
#if defined(__x86_64__)
[[nodiscard]] constexpr std::size_t page_size() noexcept {
    return 4096;
}
#else
[[nodiscard]] std::size_t page_size() noexcept;
#endif

/// Its logarithm: bytes >> page_shift() are pages. Cost: as above.
[[nodiscard]] inline std::size_t page_shift() noexcept {
    return static_cast<std::size_t>(std::countr_zero(page_size()));
}

/// Address space without memory behind it. Cost: one mmap, and one or two munmap where `alignment`
/// exceeds the page.
[[nodiscard]] void* reserve(std::size_t bytes, std::size_t alignment) noexcept;

/// Makes reserved pages usable: zeroed, resident at first touch.
[[nodiscard]] bool commit(void* pages, std::size_t bytes) noexcept;

/// Zeroed, usable pages: reserve and commit in one call. From 2 MiB on they are aligned to that and
/// asked of the kernel as huge pages, which it may grant: a page of those is resident whole.
[[nodiscard]] void* map(std::size_t bytes, std::size_t alignment) noexcept;

/// As map, without a wish for huge pages: what the system's policy makes of it. For heaps that give
/// back page by page.
[[nodiscard]] void* map_as_is(std::size_t bytes, std::size_t alignment) noexcept;

/// Usable pages whose memory comes by being touched, after mlockall(MCL_FUTURE) too, where the
/// kernel would bring all of it at once and count it as locked. Never in huge pages. Cost: five
/// system calls, one or two more where the alignment exceeds the page.
[[nodiscard]] void* map_untouched(std::size_t bytes, std::size_t alignment) noexcept;

/// Some of these pages are about to be used, or their range isn't any more. Where all memory to
/// come was locked when pages were last mapped so, these are locked as they are touched, as far as
/// the program's limit allows; otherwise nothing happens. Cost: a load, or a system call.
void lock_if_asked(void* pages, std::size_t bytes) noexcept;
void unlock_if_asked(void* pages, std::size_t bytes) noexcept;

/// Keeps these pages from becoming part of a huge page again: without it the kernel fills what was
/// given back when it collapses the pages around it (transparent_hugepage=always).
void keep_small(void* pages, std::size_t bytes) noexcept;

/// Brings these pages into memory at once, where the kernel can (5.14): 0.32 us a page instead of
/// 0.67 by touching each. Never fails; without memory they come by being touched, or don't.
void populate(void* pages, std::size_t bytes) noexcept;

/// Whether name_pages() does anything: not until this says so, because a filter of system calls may
/// know no prctl. Threads: before others start.
void show_names(bool show) noexcept;

/// Gives a mapping a name that /proc/PID/smaps shows, where the kernel has that (5.17).
void name_pages(void* pages, std::size_t bytes, const char* name) noexcept;

/// Gives the memory back and keeps the addresses: the pages read as zeroes again. Pages that the
/// program has locked into memory go as well, and are locked again when they are touched (Linux
/// 5.18). Where the system refuses (before that; a filter of system calls), they are cleared and
/// stay.
void release(void* pages, std::size_t bytes) noexcept;

/// As release(), where nothing has memory or content between these pages and `end`. Linux on x86
/// takes up to 33 pages out of the processor's tables one by one, and empties the tables where they
/// span more. In a guest whose host is asked for each, 33 take 900 us and 34 take 70; so a page
/// further on, which is read for it, goes with them: 9 us, and no memory.
void release_end(void* pages, std::size_t bytes, const void* end) noexcept;

/// As release(), for ranges of whole pages. Cost: one call for 1,024 of them where the kernel has
/// that (Linux 6.15) and no filter of system calls refuses it, .3 us a range; elsewhere one call
/// each, 1 us.
void release_all(const byte_range* ranges, std::size_t count) noexcept;

/// From now on release_all() makes one ordinary call for each range: for a program under a filter
/// that kills who asks for process_madvise. A filter that refuses it is noticed.
void release_one_by_one() noexcept;

/// As release(), for pages whose content nobody needs; locked ones stay. False where some did:
/// those have their content still, all others read as zeroes.
[[nodiscard]] bool try_release(void* pages, std::size_t bytes) noexcept;

/// The same; returns how many bytes stayed. Around locked pages the rest goes, as long as they are
/// few (64 refusals). Cost: a call, and about 40 more for each group of locked pages in 1 GiB.
[[nodiscard]] std::size_t release_what_goes(void* pages, std::size_t bytes) noexcept;

/// Gives memory and addresses back. Where the system refuses (no mapping may be split any more:
/// vm.max_map_count; a filter of system calls), the memory goes if it can, and the addresses are
/// lost.
void unmap(void* pages, std::size_t bytes) noexcept;

/// The same; false, nothing changed, where the system refuses.
[[nodiscard]] bool try_unmap(void* pages, std::size_t bytes) noexcept;

/// Whether pages can be moved: not in a sanitizer's build, which must see each byte move.
inline constexpr bool pages_move = !sanitized;

enum class moved {
    yes,  ///< the addresses that they had are unmapped
    no,   ///< nothing changed, but that what is at `to` is zero
    lost, ///< they stay where they are, and nothing, or somebody else's mapping, is at `to`
};

/// Moves mapped pages to the front of `to_bytes` mapped at other addresses, without touching them.
/// All that is there after that is one mapping, so that it can be moved again. The system can't
/// where the pages lie in several mappings, there are too many, or a limit has no room for the
/// difference. Requires: to_bytes >= bytes.
[[nodiscard]] moved move_pages(void* from, std::size_t bytes, void* to,
                               std::size_t to_bytes) noexcept;

/// Makes a mapping longer where a second one beside it would exceed a limit: moved, and then copied
/// by less than `alignment`. Returns where it is now; null, nothing changed, where the system
/// can't. Requires: pages_move. Cost: as copying it.
[[nodiscard]] void* grow_pages(void* from, std::size_t bytes, std::size_t new_bytes,
                               std::size_t alignment) noexcept;

/// How many of these bytes the kernel holds in memory now (mincore), in whole pages.
/// Cost: a byte a page and one call for 4,096 pages.
[[nodiscard]] std::size_t resident(const void* pages, std::size_t bytes) noexcept;

/// Which of these pages the kernel holds in memory: sets `in_core[i]` to 1 or 0. False, all 0,
/// where it doesn't tell. Cost: one call.
bool resident_pages(const void* pages, std::size_t bytes, unsigned char* in_core) noexcept;

} // namespace ebb::os
