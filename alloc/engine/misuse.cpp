#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/engine/misuse.h>
#include <ebb/alloc/engine/shared.h>
#include <ebb/alloc/os/frames.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace ebb::engine {

constinit shared<bool> closed{false};

namespace {

const char* text_of(misuse_kind kind) noexcept {
    switch (kind) {
    case misuse_kind::double_free:
        return "double free of";
    case misuse_kind::foreign:
        return "free of an address that is no block's (foreign, or inside of a large block):";
    case misuse_kind::interior:
        return "free of an address inside of a block:";
    case misuse_kind::overrun:
        return "written past its end:";
    case misuse_kind::wrong_size:
        return "sized free with another size than was asked for:";
    case misuse_kind::use_after_free:
        return "written to after it was freed:";
    }
    return "misuse of";
}

// Enough for libc to load its unwinder, twice.
constexpr std::size_t reserve_bytes = 128 * kib;
alignas(64) constinit std::byte reserve[reserve_bytes]{};
constinit shared<std::size_t> reserve_taken{0};

} // namespace

void* take_of_reserve(std::size_t n, std::size_t alignment) noexcept {
    // In front of each block stands its size.
    constexpr std::size_t least = 16;
    const std::size_t step = std::max(alignment, least);
    if (n > reserve_bytes || step > reserve_bytes) {
        return nullptr;
    }
    const std::size_t room = align_up(n, least) + least + step;
    const std::size_t from = reserve_taken.fetch_add(room);
    if (from + room > reserve_bytes) {
        return nullptr;
    }
    const std::uintptr_t block = align_up(address_of(reserve) + from + least, step);
    std::memcpy(reinterpret_cast<void*>(block - sizeof n), &n, sizeof n);
    return reinterpret_cast<void*>(block);
}

std::size_t bytes_in_reserve(const void* p) noexcept {
    std::size_t n = 0;
    if (address_of(p) - address_of(reserve) < reserve_bytes) {
        std::memcpy(&n, static_cast<const std::byte*>(p) - sizeof n, sizeof n);
    }
    return n;
}

void misuse(misuse_kind kind, const void* address, std::size_t slot) noexcept {
    if (!closed.exchange(true)) {
        char line[192];
        if (slot == 0) {
            std::snprintf(line, sizeof line, "ebb: %s %p\n", text_of(kind), address);
        } else {
            std::snprintf(line, sizeof line, "ebb: %s %p (a slot of %zu bytes)\n", text_of(kind),
                          address, slot);
        }
        os::write_error(line);
        os::write_frames();
    }
    std::abort();
}

} // namespace ebb::engine
