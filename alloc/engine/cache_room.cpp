#include <ebb/alloc/engine/cache_room.h>

#include <algorithm>
#include <utility>

namespace ebb::engine {

constinit shared<std::uint32_t> cache_room::hungry{0};

namespace {

using cache_room::hungry;
using cache_room::least_limit;
using cache_room::room_of;

constexpr std::int64_t part_of_requested = 20;
// The first room of a bin, in slots.
constexpr std::size_t first_room = 8;

constinit shared<std::uint32_t> hungry_seen{0};

std::int64_t part() noexcept {
    return cache_room::limit() /
           std::max<std::int64_t>(sums::callers.load(std::memory_order_relaxed), 1);
}

std::int64_t bytes_of(std::size_t slots, std::size_t bin) noexcept {
    return static_cast<std::int64_t>(slots * traits[bin].slot);
}

void give_room(thread_cache& cache, std::int64_t bytes) noexcept {
    cache.granted -= bytes;
    sums::add(sums::granted, -bytes);
}

// Makes a bin's room smaller; the slots that lay longest in it leave.
void narrow_bin(thread_cache& cache, std::size_t bin, std::size_t room) noexcept {
    cache_bin& b = cache.bins[bin];
    const auto held = static_cast<std::size_t>(b.top.get() - b.floor);
    if (held > room) {
        give_oldest(cache, bin, held - room);
    }
    give_room(cache, bytes_of(room_of(b) - room, bin));
    b.ceiling.set(b.floor + room);
}

bool take_room(thread_cache& cache, std::int64_t bytes) noexcept {
    const std::int64_t before = sums::granted.fetch_add(bytes, std::memory_order_relaxed);
    if (before + bytes <= cache_room::limit()) {
        cache.granted += bytes;
        return true;
    }
    sums::add(sums::granted, -bytes);
    return false;
}

// Halves the room of one other bin, the next in turn that has more than a first room.
bool narrow_another(thread_cache& cache, std::size_t but) noexcept {
    for (std::size_t n = 1; n < bin_count; ++n) {
        cache.next_to_narrow = cache.next_to_narrow % (bin_count - 1) + 1;
        const std::size_t bin = cache.next_to_narrow;
        const std::size_t room = room_of(cache.bins[bin]);
        if (bin != but && room != 0) {
            narrow_bin(cache, bin, room > first_room ? room / 2 : 0);
            return true;
        }
    }
    return false;
}

bool find_bytes(thread_cache& cache, std::int64_t bytes, std::size_t for_bin) noexcept {
    if (take_room(cache, bytes)) {
        return true;
    }
    if (cache.granted + bytes <= part()) {
        hungry.fetch_add(1, std::memory_order_relaxed);
        return false;
    }
    return narrow_another(cache, for_bin) && take_room(cache, bytes);
}

} // namespace

std::int64_t cache_room::limit() noexcept {
    return std::max(least_limit, told_sum.load(std::memory_order_relaxed) / part_of_requested);
}

bool cache_room::find_room(thread_cache& cache, std::size_t bin) noexcept {
    cache_bin& b = cache.bins[bin];
    const std::size_t room = room_of(b);
    const std::size_t wider = std::min(cache_capacity(bin), std::max(2 * room, first_room));
    if (!find_bytes(cache, bytes_of(wider - room, bin), bin)) {
        return false;
    }
    b.ceiling.set(b.floor + wider);
    return true;
}

bool cache_room::find_room_of_large(thread_cache& cache, std::size_t bytes) noexcept {
    const std::int64_t more = static_cast<std::int64_t>(bytes) - cache.room_of_large;
    if (!take_room(cache, more)) {
        return false;
    }
    cache.room_of_large += more;
    return true;
}

void cache_room::shrink_to_part(thread_cache& cache) noexcept {
    cache.hungry_seen = hungry.load(std::memory_order_relaxed);
    const std::int64_t most = part();
    if (cache.granted > most && cache.room_of_large != 0) {
        empty_large(cache);
        give_room(cache, std::exchange(cache.room_of_large, 0));
    }
    while (cache.granted > most && narrow_another(cache, 0)) {
    }
}

bool cache_room::was_refused() noexcept {
    const std::uint32_t now = hungry.load(std::memory_order_relaxed);
    return hungry_seen.exchange(now, std::memory_order_relaxed) != now;
}

void cache_room::give_up(thread_cache& cache) noexcept {
    for (std::size_t bin = 1; bin < bin_count; ++bin) {
        cache.bins[bin].ceiling.set(cache.bins[bin].floor);
    }
    cache.room_of_large = 0;
    give_room(cache, cache.granted);
}

} // namespace ebb::engine
