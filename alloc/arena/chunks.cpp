#include <ebb/alloc/arena/arena.h>
#include <ebb/alloc/arena/chunks.h>
#include <ebb/alloc/arena/marks.h>
#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/base/check.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <new>

namespace ebb::chunks {
namespace {

// Chunks of one size, each aligned to it.
template <std::size_t Bytes, std::size_t Most>
struct shelf {
    std::array<std::atomic<void*>, Most> places{};

    void* take() noexcept {
        for (std::atomic<void*>& place : places) {
            if (place.load(std::memory_order_relaxed) != nullptr) {
                if (void* const p = place.exchange(nullptr, std::memory_order_acquire)) {
                    return p;
                }
            }
        }
        return nullptr;
    }
    bool give(void* p) noexcept {
        for (std::atomic<void*>& place : places) {
            void* none = nullptr;
            if (place.load(std::memory_order_relaxed) == nullptr &&
                place.compare_exchange_strong(none, p, std::memory_order_release,
                                              std::memory_order_relaxed)) {
                return true;
            }
        }
        return false;
    }
    void trim() noexcept {
        while (void* const p = take()) {
            marks::add_root(p, Bytes);
            system_pages().deallocate(p, Bytes, Bytes);
        }
    }
};
// As many as a sized takes for blocks of up to 128 bytes, a chunk a class, and a few more.
constinit shelf<64 * kib, 16> smallest;
constinit shelf<128 * kib, 4> middle;
constinit shelf<256 * kib, 4> largest;

// f(shelf) of these bytes; what `f` returns without one.
template <class Result, class F>
Result with_shelf(std::size_t bytes, Result without, const F& f) noexcept {
    switch (bytes) {
    case 64 * kib:
        return f(smallest);
    case 128 * kib:
        return f(middle);
    case 256 * kib:
        return f(largest);
    default:
        return without;
    }
}

bool may_wait(const std::pmr::memory_resource& upstream, std::size_t alignment,
              std::size_t bytes) noexcept {
    return alignment == bytes && &upstream == &system_pages();
}

} // namespace

void* ask(std::pmr::memory_resource& upstream, std::size_t bytes, std::size_t alignment) {
    if (bytes > PTRDIFF_MAX || alignment > PTRDIFF_MAX) {
        throw std::bad_alloc();
    }
    void* p = upstream.allocate(bytes, alignment);
    asm("" : "+r"(p)); // of what allocate() returns the compiler takes the alignment for granted
    EBB_CHECK_AT(is_aligned(p, alignment),
                 "an arena's upstream gave a chunk that isn't aligned as it was asked for", p);
    return p;
}

void* take(std::pmr::memory_resource& upstream, std::size_t bytes, std::size_t alignment) {
    if (may_wait(upstream, alignment, bytes)) {
        if (void* const p = with_shelf<void*>(bytes, nullptr, [](auto& s) { return s.take(); })) {
            marks::add_root(p, bytes);
            return p;
        }
    }
    return ask(upstream, bytes, alignment);
}

void give(std::pmr::memory_resource& upstream, void* chunk, std::size_t bytes,
          std::size_t alignment) noexcept {
    if (may_wait(upstream, alignment, bytes)) {
        marks::remove_root(chunk, bytes); // what was in it keeps nothing alive
        if (with_shelf(bytes, false, [&](auto& s) { return s.give(chunk); })) {
            return;
        }
        marks::add_root(chunk, bytes);
    }
    upstream.deallocate(chunk, bytes, alignment);
}

void trim() noexcept {
    smallest.trim();
    middle.trim();
    largest.trim();
}

} // namespace ebb::chunks
