#include <ebb/alloc/arena/malloc_arena.h>
#include <ebb/alloc/base/bytes.h>

#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <new>

namespace ebb {

static_assert(zeroing_arena<malloc_arena>);

namespace {

// What malloc gives for fewer bytes than an alignment need not be aligned to it: 8 bytes of
// jemalloc's lie at 8. malloc(0) may be null; a block of one byte never is.
constexpr std::size_t at_least_one(std::size_t bytes) noexcept {
    return std::max(bytes, std::size_t{1});
}

// malloc_usable_size doesn't write, but glibc declares it for what free takes.
std::size_t usable_bytes(const void* p) noexcept {
    return ::malloc_usable_size(const_cast<void*>(p));
}

} // namespace

void* malloc_arena::account_for(void* p, std::size_t bytes) {
    if (p == nullptr) {
        throw std::bad_alloc();
    }
    const std::size_t usable = usable_bytes(p);
    EBB_CHECK_AT(usable >= bytes, "malloc_arena: malloc_usable_size is less than was asked for", p);
    counts_.map(usable, 0);
    counts_.charge(bytes, usable);
    return p;
}

void* malloc_arena::allocate(std::size_t bytes, std::size_t alignment) {
    EBB_ASSERT(is_alignment(alignment), "malloc_arena: alignment must be a power of two");
    if (alignment <= alignof(std::max_align_t)) {
        void* const p = std::malloc(std::max(bytes, alignment));
        if (is_aligned(p, alignment)) {
            return account_for(p, bytes);
        }
        std::free(p);
    }
    void* p = nullptr;
    if (::posix_memalign(&p, std::max(alignment, sizeof(void*)), at_least_one(bytes)) != 0) {
        p = nullptr;
    }
    return account_for(p, bytes);
}

void* malloc_arena::allocate_zeroed(std::size_t bytes, std::size_t alignment) {
    if (alignment <= alignof(std::max_align_t)) {
        void* const p = std::calloc(1, std::max(bytes, alignment));
        if (is_aligned(p, alignment)) {
            return account_for(p, bytes);
        }
        std::free(p);
    }
    return std::memset(allocate(bytes, alignment), 0, bytes);
}

void malloc_arena::deallocate(void* p, std::size_t bytes, std::size_t) noexcept {
    const std::size_t usable = usable_bytes(p);
    counts_.refund(bytes, usable);
    counts_.unmap(usable, 0);
    std::free(p);
}

std::size_t malloc_arena::slot_bytes(const void* p, std::size_t, std::size_t) const noexcept {
    return usable_bytes(p);
}

void malloc_arena::validate() const {
    const ledger l = read();
    EBB_CHECK(l.balanced() && l.idle == 0 && l.overhead == 0 && l.dead == 0 && l.mapped == l.live(),
              "malloc_arena: the ledger holds bytes that no block holds");
}

} // namespace ebb
