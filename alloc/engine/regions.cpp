#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/engine/metadata.h>
#include <ebb/alloc/engine/page_map.h>
#include <ebb/alloc/engine/regions.h>
#include <ebb/alloc/engine/shared.h>
#include <ebb/alloc/engine/span.h>
#include <ebb/alloc/os/pages.h>

#include <algorithm>
#include <new>

namespace ebb::engine {
namespace {

constexpr std::size_t first_region = 4 * mib;
constexpr std::size_t largest_region = gib;
// A medium span's alignment, so that a fresh region's first span doesn't cut it.
constexpr std::size_t region_alignment = mib;

// Readers walk the list while it grows in front: a region never leaves it.
constinit shared<regions::region*> newest{nullptr};
constinit shared<std::uint64_t> mapped_bytes{0};

} // namespace

regions::region* regions::map(std::size_t blocks, std::size_t alignment) noexcept {
    const std::size_t needed = blocks * block_bytes;
    std::size_t bytes = std::max(
        needed, align_up(std::clamp<std::size_t>(mapped() / 4, first_region, largest_region), mib));
    void* memory = nullptr;
    for (;;) {
        memory = os::map_as_is(bytes, std::max(alignment, region_alignment));
        if (memory != nullptr || bytes == needed) {
            break;
        }
        bytes = std::max(needed, align_up(bytes / 2, block_bytes));
    }
    if (memory == nullptr) {
        return nullptr;
    }
    void* const r = metadata::allocate(sizeof(region));
    void* const descriptor = metadata::allocate(sizeof(span));
    if (r == nullptr || descriptor == nullptr || !spans.cover(address_of(memory), bytes)) {
        if (r != nullptr) {
            metadata::deallocate(r, sizeof(region));
        }
        if (descriptor != nullptr) {
            metadata::deallocate(descriptor, sizeof(span));
        }
        os::unmap(memory, bytes);
        return nullptr;
    }
    os::keep_small(memory, bytes);
    os::name_pages(memory, bytes, "ebb heap");
    return ::new (r) region{nullptr, address_of(memory), bytes, descriptor};
}

void regions::enter(region* r) noexcept {
    r->older = newest.load(std::memory_order_relaxed);
    newest.store(r, std::memory_order_release);
    mapped_bytes.fetch_add(r->bytes, std::memory_order_relaxed);
}

std::uint64_t regions::mapped() noexcept {
    return mapped_bytes.load(std::memory_order_relaxed);
}

void regions::for_each(void (*f)(void*, std::uintptr_t, std::size_t), void* argument) noexcept {
    for (const region* r = newest.load(std::memory_order_acquire); r != nullptr; r = r->older) {
        f(argument, r->base, r->bytes);
    }
}

} // namespace ebb::engine
