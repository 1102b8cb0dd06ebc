#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/counted/heap.h>
#include <ebb/alloc/os/pages.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace ebb::counted {
namespace {

// Keeps what a block was asked for with, and tells its usable bytes.
std::size_t label(void* p, std::size_t n) noexcept {
    const std::size_t usable = next.malloc_usable_size(p);
    if (usable == 0) {
        early::keep(p, n);
    } else {
        remainders::keep(p, usable, n);
    }
    return usable;
}

// A block of the bootstrap arena moves to the next malloc's heap, and counts from then on.
void* move_out(void* p, std::size_t n) noexcept {
    void* const q = allocate(n);
    if (q != nullptr) {
        std::memcpy(q, p, std::min(n, bootstrap::size(p)));
    }
    return q;
}

} // namespace

void* keep_rarely(void* p, std::size_t n) noexcept {
    if (p == nullptr || bootstrap::owns(p)) { // nothing, or what our own look-up caused
        return p;
    }
    self.charged = p;
    if (self.is(probing)) {
        return p;
    }
    if (self.is(has_early)) {
        early::settle(p);
    }
    charge({.requested = n, .usable = label(p, n)});
    return p;
}

bool refund_rarely(void* p) noexcept {
    if (bootstrap::owns(p)) {
        return false;
    }
    if (p == self.deleting || self.is(probing)) {
        next.free(p);
        return false;
    }
    if (self.is(has_early)) {
        early::settle(p);
    }
    if (p == self.charged) {
        self.charged = nullptr;
    }
    refund(sizes_of(p));
    return true;
}

void replace(block old, void* p, std::size_t n) noexcept {
    exchange(old, {.requested = n, .usable = label(p, n)});
}

void* allocate_zeroed(std::size_t count, std::size_t n) noexcept {
    return keep(next.calloc(count, n), count * n);
}

void* reallocate(void* p, std::size_t n) noexcept {
    if (p == nullptr) {
        return keep(next.realloc(p, n), n);
    }
    if (bootstrap::owns(p)) {
        return move_out(p, n);
    }
    if (self.is(has_early)) [[unlikely]] {
        early::settle(p);
    }
    const block old = sizes_of(p);
    const int error = errno;
    if (n == 0) {
        errno = 0;
    }
    void* const q = next.realloc(p, n);
    if (q == nullptr) {
        if (n == 0 && errno != ENOMEM) { // given back, by a malloc that reads 0 so
            refund(old);
        } else if (old.usable == 0) {
            early::keep(p, old.requested);
        }
        if (errno == 0) {
            errno = error;
        }
        return q;
    }
    if (errno == 0) {
        errno = error;
    }
    replace(old, q, n);
    return q;
}

void* reallocate_array(void* p, std::size_t count, std::size_t n) noexcept {
    std::size_t bytes = 0;
    if (__builtin_mul_overflow(count, n, &bytes)) {
        errno = ENOMEM;
        return nullptr;
    }
    return heap_is_replaced() ? std::realloc(p, bytes) : reallocate(p, bytes);
}

int allocate_aligned(void** p, std::size_t alignment, std::size_t n) noexcept {
    const int error = next.posix_memalign(p, alignment, n);
    if (error == 0) {
        keep(*p, n);
    }
    return error;
}

void* allocate_pages(std::size_t n) noexcept {
    if (align_up(n, os::page_size()) < n) {
        errno = ENOMEM;
        return nullptr;
    }
    return keep(next.pvalloc(n), n);
}

std::size_t usable_bytes(void* p) noexcept {
    if (p == nullptr) {
        return 0;
    }
    if (bootstrap::owns(p)) {
        return bootstrap::size(p);
    }
    const std::size_t usable = next.malloc_usable_size(p);
    return usable != 0 && usable < remainders::tail_below ? remainders::requested(p, usable)
                                                          : usable;
}

} // namespace ebb::counted
