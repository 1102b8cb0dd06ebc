// page_ranges: ranges of addresses of a power of two, for blocks that grow in place (page_memory)
// and for slabs (slab_pages). All arenas of the process share them.
//
// Ranges of one length are cut from regions, each as long as all before it, up to 1,024 ranges or
// 256 MiB; a bit a range says that it is free. A range that is given back stays part of its
// region's mapping, so that there are never more mappings than regions: 140,000 slabs of which
// every second is given back are 145 regions, and were 65,530 mappings, as many as a process may
// have, when each was unmapped by itself. The first region that has room serves first, so that the
// last run dry when less is wanted. A region without ranges in use is unmapped when it is longer
// than 64 MiB or another one of its kind has none: addresses follow what is in use, a region at a
// time.
//
// After mlockall(MCL_FUTURE) a mapping's pages would be in memory at once: here they come when they
// are touched (os::map_untouched), and are locked by who says that it uses them
// (os::lock_if_asked). One mlockall(MCL_CURRENT) brings all of a region that is there, which are at
// most as many addresses again as are in use.
//
// Threads: any; no lock, so that a child of a fork may go on. A take counts itself in at a region
// before it looks for a bit there, a give sets its bit before it counts itself out, and only who
// counts the last one out may close a region.
// Costs: take a look at each region before the first that has room, give one at all bases until its
// own; a region's mapping now and then. A region's descriptor takes 144 bytes that are in no
// arena's account.
#pragma once

#if __cplusplus < 201709L // what g++ 10 says of C++20
#error "ebb needs C++20: compile with -std=c++20 or a later standard"
#else

#include <ebb/alloc/base/bytes.h>

#include <cstddef>

namespace ebb::page_ranges {

/// A range may be aligned to its length up to this; a longer one is aligned to this.
inline constexpr std::size_t most_alignment = 2 * mib;

/// The longest range: what a process can address is 128 TiB.
inline constexpr std::size_t most_bytes = std::size_t{1} << 46;

/// A range of `bytes`, a power of two from a page to `most_bytes`: zeroed when it is touched, never
/// in huge pages. Throws std::bad_alloc, nothing lost.
[[nodiscard]] void* take(std::size_t bytes);
/// Requires: it has no memory any more. One that another copy of this library took (a program and a
/// module that are linked with one each) stays in use there: that costs addresses alone.
void give(void* range, std::size_t bytes) noexcept;

/// Regions that there are for ranges of this length, and ranges in use. Not while others call.
[[nodiscard]] std::size_t regions(std::size_t bytes) noexcept;
[[nodiscard]] std::size_t in_use(std::size_t bytes) noexcept;
/// Stops the program where bits and counts of these differ. Not while others call.
void validate(std::size_t bytes);

} // namespace ebb::page_ranges

#endif // C++20
