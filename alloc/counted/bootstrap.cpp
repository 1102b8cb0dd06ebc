#include <ebb/alloc/counted/bootstrap.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

namespace ebb::counted::bootstrap {

alignas(head_bytes) constinit std::byte arena[arena_bytes] = {};

namespace {
constinit std::atomic<std::size_t> used{0};
} // namespace

void* allocate(std::size_t bytes, std::size_t alignment) noexcept {
    alignment = std::max(alignment, head_bytes);
    if (bytes > arena_bytes) {
        errno = ENOMEM;
        return nullptr;
    }
    bytes = align_up(std::max<std::size_t>(bytes, 1), head_bytes);
    std::size_t seen = used.load(std::memory_order_relaxed);
    for (;;) {
        const std::uintptr_t base = address_of(arena);
        const std::size_t at = align_up(base + seen + head_bytes, alignment) - base;
        if (at > arena_bytes || bytes > arena_bytes - at) {
            errno = ENOMEM;
            return nullptr;
        }
        if (used.compare_exchange_weak(seen, at + bytes, std::memory_order_relaxed)) {
            std::memcpy(arena + at - head_bytes, &bytes, sizeof bytes);
            return arena + at;
        }
    }
}

std::size_t size(const void* p) noexcept {
    std::size_t bytes = 0;
    std::memcpy(&bytes, static_cast<const std::byte*>(p) - head_bytes, sizeof bytes);
    return bytes;
}

} // namespace ebb::counted::bootstrap
