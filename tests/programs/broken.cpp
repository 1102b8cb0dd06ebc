// A malloc that is wrong now and then, for the test of the tests: every 2,000th block of 48 bytes
// or more has one of its bytes flipped while the program is using it, as when two blocks overlap.
// All else is glibc's. A harness that calls answers under this library the same compares nothing.
#include <dlfcn.h>
#include <malloc.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

// glibc's own malloc under its second names: no look-up, hence no recursion before main.
extern "C" {
void* __libc_malloc(std::size_t size) noexcept;
void* __libc_calloc(std::size_t count, std::size_t size) noexcept;
void* __libc_realloc(void* block, std::size_t size) noexcept;
void* __libc_memalign(std::size_t alignment, std::size_t size) noexcept;
void __libc_free(void* block) noexcept;
}

namespace {

constexpr std::uint64_t period = 2'000;
constexpr std::size_t least_bytes = 48;

constinit std::atomic<std::uint64_t> blocks{0};
constinit std::atomic<unsigned char*> victim{nullptr};

// glibc has no second name for this one. The look-up may allocate, but asks for no usable size.
std::size_t usable_bytes(void* block) noexcept {
    using function = std::size_t(void*);
    static constinit std::atomic<function*> next{nullptr};
    function* call = next.load(std::memory_order_relaxed);
    if (call == nullptr) {
        call = reinterpret_cast<function*>(::dlsym(RTLD_NEXT, "malloc_usable_size"));
        next.store(call, std::memory_order_relaxed);
    }
    return call(block);
}

// Chooses a block, and 500 blocks later, if it still lives, spoils it.
void* spoil(void* block, std::size_t size) noexcept {
    if (block == nullptr || size < least_bytes) {
        return block;
    }
    const std::uint64_t number = blocks.fetch_add(1, std::memory_order_relaxed) % period;
    if (number == 0) {
        victim.store(static_cast<unsigned char*>(block) + size / 2, std::memory_order_relaxed);
    } else if (number == 500) {
        unsigned char* const byte = victim.exchange(nullptr, std::memory_order_relaxed);
        if (byte != nullptr) {
            *byte ^= 1;
        }
    }
    return block;
}

// A block that goes is a victim no longer: its bytes may belong to glibc's lists.
void spare(void* block) noexcept {
    unsigned char* const byte = victim.load(std::memory_order_relaxed);
    auto* const first = static_cast<unsigned char*>(block);
    if (byte != nullptr && byte >= first && byte < first + usable_bytes(block)) {
        victim.store(nullptr, std::memory_order_relaxed);
    }
}

} // namespace

extern "C" {

void* malloc(std::size_t size) noexcept {
    return spoil(__libc_malloc(size), size);
}

void* calloc(std::size_t count, std::size_t size) noexcept {
    return spoil(__libc_calloc(count, size), count * size);
}

void* realloc(void* block, std::size_t size) noexcept {
    spare(block);
    return spoil(__libc_realloc(block, size), size);
}

void free(void* block) noexcept {
    spare(block);
    __libc_free(block);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
    return __libc_memalign(alignment, size);
}

void* memalign(std::size_t alignment, std::size_t size) noexcept {
    return __libc_memalign(alignment, size);
}

std::size_t malloc_usable_size(void* block) noexcept {
    return block == nullptr ? 0 : usable_bytes(block);
}

int posix_memalign(void** block, std::size_t alignment, std::size_t size) noexcept {
    *block = __libc_memalign(alignment, size);
    return *block == nullptr ? 12 : 0; // ENOMEM
}

} // extern "C"
