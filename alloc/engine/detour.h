// The detour: what slow calls do while another thread forks (forks.h). It touches nothing that
// threads share but by single atomic stores, and takes no lock.
//
// - A block that comes is a large one, straight from the system.
// - A block that goes is closed and booked, and waits in its thread's cache for the next slow call
//   after the fork (late_frees).
//
// A fork is short, and a call needs the detour only where its cache is empty or full meanwhile: so
// it may be dear. Cost: some system calls a block that comes, which has at least 64 KiB of address
// space; a table of a page for each 500 blocks that go.
//
// Errors: where the system has no memory for that, the call waits for the fork to end, and `false`
// says that it should take the usual road. Threads: any.
#pragma once

#include <cstddef>

namespace ebb::engine {

struct thread_cache;
struct block_info;

namespace detour {

/// As the engine's functions of these names. `out` is the block.
[[nodiscard]] bool allocate(std::size_t n, std::size_t alignment, void*& out) noexcept;
[[nodiscard]] bool deallocate(void* p, const block_info& block) noexcept;
[[nodiscard]] bool reallocate(void* p, const block_info& block, std::size_t n, void*& out) noexcept;

/// In the child of a fork: finishes what the cache's lost thread had written down, if anything.
void finish(thread_cache& cache) noexcept;

} // namespace detour

} // namespace ebb::engine
