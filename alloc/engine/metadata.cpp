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
};

struct free_piece {
    free_piece* next;
};

constinit os::lock guard;
constinit chunk* chunks = nullptr;
constinit std::byte* front = nullptr;
constinit std::size_t left_bytes = 0;
constinit free_piece* kept[kept_sizes] = {};
constinit shared<std::uint64_t> mapped_bytes{0};

// A mapping, with its header not yet written; null without memory. Not under the lock.
chunk* map_chunk(std::size_t bytes) noexcept {
    auto* const c = static_cast<chunk*>(os::map_as_is(bytes, os::page_size()));
    if (c != nullptr) {
        os::name_pages(c, bytes, "ebb tables");
    }
    return c;
}

// Makes it one of the tables'. Requires the lock.
void enter(chunk* c, std::size_t bytes) noexcept {
    *c = {chunks, bytes};
    chunks = c;
    mapped_bytes.fetch_add(bytes, std::memory_order_relaxed);
}

// From what is kept or left; null where that isn't enough. Requires the lock.
void* take_from_chunks(std::size_t bytes) noexcept {
    if (bytes / line < kept_sizes && kept[bytes / line] != nullptr) {
        free_piece* const p = kept[bytes / line];
        kept[bytes / line] = p->next;
        std::memset(p, 0, bytes);
        return p;
    }
    if (bytes > left_bytes) {
        return nullptr;
    }
    void* const p = front;
    front += bytes;
    left_bytes -= bytes;
    return p;
}

// A mapping of its own: a leaf, whose pages stay untouched.
void* map_alone(std::size_t bytes) noexcept {
    const std::size_t whole = align_up(bytes + line, os::page_size());
    chunk* const c = map_chunk(whole);
    if (c == nullptr) {
        return nullptr;
    }
    const os::lock_guard hold(guard);
    enter(c, whole);
    return advance(c, line);
}

} // namespace

void* metadata::allocate(std::size_t bytes) noexcept {
    bytes = align_up(bytes, line);
    if (bytes > chunk_bytes / 4) {
        return map_alone(bytes);
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
            enter(c, size);
            front = static_cast<std::byte*>(advance(c, line));
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
    const os::lock_guard hold(guard);
    auto* const piece = static_cast<free_piece*>(p);
    const std::size_t size = align_up(bytes, line) / line;
    piece->next = kept[size];
    kept[size] = piece;
}

std::uint64_t metadata::mapped() noexcept {
    return mapped_bytes.load(std::memory_order_relaxed);
}

std::uint64_t metadata::resident() noexcept {
    guard.acquire();
    const chunk* const newest = chunks; // none ever leaves, and the list only grows in front
    guard.release();
    std::uint64_t bytes = 0;
    for (const chunk* c = newest; c != nullptr; c = c->older) {
        bytes += os::resident(c, c->bytes);
    }
    return bytes;
}

void metadata::before_fork() noexcept {
    guard.acquire();
}
void metadata::after_fork() noexcept {
    guard.release();
}
void metadata::in_child() noexcept {
    guard.reset();
}

} // namespace ebb::engine
