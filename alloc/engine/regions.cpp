#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/engine/metadata.h>
#include <ebb/alloc/engine/owned.h>
#include <ebb/alloc/engine/page_map.h>
#include <ebb/alloc/engine/regions.h>
#include <ebb/alloc/engine/span.h>
#include <ebb/alloc/engine/sums.h>
#include <ebb/alloc/os/pages.h>

#include <algorithm>

namespace ebb::engine {
namespace {

constexpr std::size_t first_region = 4 * mib;
constexpr std::size_t largest_region = gib;
// A medium span's alignment, so that a fresh region's first span doesn't cut it.
constexpr std::size_t region_alignment = mib;

constinit owned<std::int64_t> mapped_bytes; // less than 0 where those of the detour went
constinit owned<std::uint64_t> highest;

} // namespace

regions::region regions::map(std::size_t blocks, std::size_t alignment) noexcept {
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
        return {};
    }
    void* const descriptor = metadata::allocate(sizeof(span));
    if (descriptor == nullptr || !spans.cover(address_of(memory), bytes)) {
        if (descriptor != nullptr) {
            metadata::deallocate(descriptor, sizeof(span));
        }
        os::unmap(memory, bytes);
        return {};
    }
    os::keep_small(memory, bytes);
    os::name_pages(memory, bytes, "ebb heap");
    return {address_of(memory), bytes, descriptor};
}

void regions::add(std::size_t bytes) noexcept {
    mapped_bytes.add(static_cast<std::int64_t>(bytes));
}

void regions::subtract(std::size_t bytes, std::uint64_t total) noexcept {
    highest.set(std::max(highest.get(), total));
    mapped_bytes.subtract(static_cast<std::int64_t>(bytes));
}

std::uint64_t regions::mapped() noexcept {
    return static_cast<std::uint64_t>(mapped_bytes.get() + sums::read(sums::detoured));
}

std::uint64_t regions::peak(std::uint64_t total) noexcept {
    return std::max(highest.get(), total);
}

} // namespace ebb::engine
