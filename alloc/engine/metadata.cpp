#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/engine/metadata.h>
#include <ebb/alloc/engine/shared.h>
#include <ebb/alloc/os/lock.h>
#include <ebb/alloc/os/pages.h>

#include <algorithm>
#include <cstring>

namespace ebb::engine {

namespace {

constexpr std::size_t line = 64;
constexpr std::size_t chunk_bytes = 256 * kib;
constexpr std::size_t kept_sizes = 1024 / line + 1;

// At the front of every mapping, so that resident() finds them all.
struct chunk {
    chunk* older;
    std::size_t bytes;
    std::uint64_t sum; // of its bytes and those of all older ones
};

struct free_piece {
    free_piece* next;
};

constinit os::lock guard;
constinit shared<chunk*> chunks{nullptr}; // grows in front alone, without the lock
constinit std::byte* front = nullptr;
constinit std::size_t left_bytes = 0;
constinit shared<free_piece*> kept[kept_sizes] = {}; // whoever takes has the lock

// A mapping, with its header not yet written; null without memory. Not under the lock.
chunk* map_chunk(std::size_t bytes) noexcept {
    auto* const c = static_cast<chunk*>(os::map_as_is(bytes, os::page_size()));
    if (c != nullptr) {
        os::name_pages(c, bytes, "ebb tables");
    }
    return c;
}

// From what is kept or left; null where that isn't enough. Requires the lock.
void* take_from_chunks(std::size_t bytes) noexcept {
    if (bytes / line < kept_sizes) {
        shared<free_piece*>& first = kept[bytes / line];
        free_piece* p = first.load(std::memory_order_acquire);
        // Others add in front meanwhile, but only one takes at a time: so `p` keeps its next.
        while (p != nullptr &&
               !first.compare_exchange_weak(p, p->next, std::memory_order_acquire)) {
        }
        if (p != nullptr) {
            return std::memset(p, 0, bytes);
        }
    }
    if (bytes > left_bytes) {
        return nullptr;
    }
    void* const p = front;
    front += bytes;
    left_bytes -= bytes;
    return p;
}

} // namespace

void* metadata::enter(void* pages, std::size_t bytes) noexcept {
    auto* const c = static_cast<chunk*>(pages);
    chunk* first = chunks.load(std::memory_order_acquire);
    do {
        *c = {first, bytes, bytes + (first == nullptr ? 0 : first->sum)};
    } while (!chunks.compare_exchange_weak(first, c, std::memory_order_acq_rel));
    return advance(c, line);
}

void* metadata::map_apart(std::size_t bytes) noexcept {
    const std::size_t whole = align_up(bytes + line, os::page_size());
    chunk* const c = map_chunk(whole);
    return c == nullptr ? nullptr : enter(c, whole);
}

void* metadata::allocate(std::size_t bytes) noexcept {
    bytes = align_up(bytes, line);
    if (bytes > chunk_bytes / 4) {
        return map_apart(bytes);
    }
    {
        const os::lock_guard hold(guard);
        if (void* const p = take_from_chunks(bytes)) {
            return p;
        }
    }
    const std::size_t size = std::max(chunk_bytes, os::page_size());
    chunk* const c = map_chunk(size);
    if (c == nullptr) {
        return nullptr;
    }
    void* p = nullptr;
    bool entered = false;
    {
        const os::lock_guard hold(guard);
        p = take_from_chunks(bytes); // another thread may have been faster
        if (p == nullptr) {
            front = static_cast<std::byte*>(enter(c, size));
            left_bytes = size - line;
            p = take_from_chunks(bytes);
            entered = true;
        }
    }
    if (!entered) {
        os::unmap(c, size);
    }
    return p;
}

void metadata::deallocate(void* p, std::size_t bytes) noexcept {
    auto* const piece = static_cast<free_piece*>(p);
    shared<free_piece*>& first = kept[align_up(bytes, line) / line];
    piece->next = first.load(std::memory_order_relaxed);
    while (!first.compare_exchange_weak(piece->next, piece, std::memory_order_release)) {
    }
}

std::uint64_t metadata::mapped() noexcept {
    const chunk* const newest = chunks.load(std::memory_order_acquire);
    return newest == nullptr ? 0 : newest->sum;
}

std::uint64_t metadata::resident() noexcept {
    std::uint64_t bytes = 0;
    for (const chunk* c = chunks.load(std::memory_order_acquire); // none ever leaves
         c != nullptr; c = c->older) {
        bytes += os::resident(c, c->bytes);
    }
    return bytes;
}

} // namespace ebb::engine
