// Sums over the process that several rooms of the engine write and its policy reads (purge.h).
//
// Each is one word, changed by atomic additions in slow paths alone: once for a batch of slots or a
// run of blocks, never for a block. Threads: any, holding any lock of the engine.
#pragma once

#include <ebb/alloc/engine/shared.h>

#include <cstdint>

namespace ebb::engine::sums {

/// Bytes of pages that hold no block, may be resident, and could be given back: of free runs, and
/// under free slots of spans.
extern constinit shared<std::int64_t> waiting;

/// Bytes of pages that were taken since the policy last looked, and weren't resident before.
extern constinit shared<std::int64_t> needed;

/// Bytes that the system refused to take, and that still hold no block.
extern constinit shared<std::int64_t> unreturned;

/// Bytes of slots and blocks that threads' caches may hold.
extern constinit shared<std::int64_t> granted;

/// Bytes of blocks that came on the detour (detour.h): what all caches say of their own.
extern constinit shared<std::int64_t> detoured;

/// Threads that have a cache.
extern constinit shared<std::uint32_t> callers;

inline void add(shared<std::int64_t>& sum, std::int64_t bytes) noexcept {
    if (bytes != 0) {
        sum.fetch_add(bytes, std::memory_order_relaxed);
    }
}
[[nodiscard]] inline std::int64_t read(const shared<std::int64_t>& sum) noexcept {
    return sum.load(std::memory_order_relaxed);
}

} // namespace ebb::engine::sums
