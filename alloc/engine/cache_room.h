// How many slots a thread's cache may hold.
//
// All caches of a process together hold at most the larger of 8 MiB and a twentieth of what the
// program requested. A bin's room in a cache begins at nothing, doubles whenever the bin runs empty
// or full, up to cache_capacity(), and is taken out of what the process has left. Where nothing is
// left, a cache makes room for one bin by taking it from another of its own; one that has less than
// its equal part asks the others for what they have above theirs (`hungry`), which they hand over
// in their next slow call.
//
// Threads: the cache's own, or one that has stopped it.
#pragma once

#include <ebb/alloc/engine/sums.h>
#include <ebb/alloc/engine/thread_cache.h>

#include <cstddef>
#include <cstdint>

namespace ebb::engine::cache_room {

/// Moves when a cache that has less than its part was refused.
extern constinit shared<std::uint32_t> hungry;

/// Bytes that all caches may hold together, at least `least_limit`.
inline constexpr std::int64_t least_limit = 8 * mib;
[[nodiscard]] std::int64_t limit() noexcept;

/// Slots that a bin may hold.
[[nodiscard]] inline std::size_t room_of(const cache_bin& b) noexcept {
    return static_cast<std::size_t>(b.ceiling.get() - b.floor);
}

/// Makes a bin's room larger, if it can be. `false`: it stays as it is. Cost: two loads where the
/// bin has all that one can have.
bool find_room(thread_cache& cache, std::size_t bin) noexcept;
inline bool widen(thread_cache& cache, std::size_t bin) noexcept {
    return room_of(cache.bins[bin]) != cache_capacity(bin) && find_room(cache, bin);
}

/// Whether the cache may keep a large block of so many bytes.
[[nodiscard]] bool find_room_of_large(thread_cache& cache, std::size_t bytes) noexcept;
[[nodiscard]] inline bool may_keep(thread_cache& cache, std::size_t bytes) noexcept {
    return static_cast<std::int64_t>(bytes) <= cache.room_of_large ||
           find_room_of_large(cache, bytes);
}

/// Gives room back until the cache has no more than its equal part, and what lay in it. Cost: a
/// look at each bin, where it has more.
void shrink_to_part(thread_cache& cache) noexcept;

/// Whether shrink_to_part() is called for: others are hungry, or the limit has fallen.
[[nodiscard]] inline bool is_asked_for(const thread_cache& cache) noexcept {
    const std::int64_t granted = sums::read(sums::granted);
    return cache.hungry_seen != hungry.load(std::memory_order_relaxed) ||
           (granted > least_limit && granted > limit());
}

/// Whether a cache with less than its part was refused since the last call.
[[nodiscard]] bool was_refused() noexcept;

/// Gives all room back. Requires: the cache is empty.
void give_up(thread_cache& cache) noexcept;

} // namespace ebb::engine::cache_room
