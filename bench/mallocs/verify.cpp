#include <ebb/bench/mallocs/verify.h>

#include <dlfcn.h>
#include <malloc.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <optional>

namespace ebb::bench {
namespace {

template <class F>
F* function(const char* name) noexcept {
    return reinterpret_cast<F*>(::dlsym(RTLD_DEFAULT, name));
}

// glibc: bytes in use in its arenas and in blocks that it mapped on their own.
std::optional<std::uint64_t> read_glibc() noexcept {
    const auto read = function<struct mallinfo2()>("mallinfo2");
    if (read == nullptr) {
        return std::nullopt;
    }
    const struct mallinfo2 info = read();
    return info.uordblks + info.hblkhd;
}

// jemalloc: what this thread ever allocated less what it ever gave back.
std::optional<std::uint64_t> read_jemalloc() noexcept {
    const auto control =
        function<int(const char*, void*, std::size_t*, void*, std::size_t)>("mallctl");
    std::uint64_t allocated = 0;
    std::uint64_t deallocated = 0;
    std::size_t size = sizeof allocated;
    if (control == nullptr || control("thread.allocated", &allocated, &size, nullptr, 0) != 0 ||
        control("thread.deallocated", &deallocated, &size, nullptr, 0) != 0) {
        return std::nullopt;
    }
    return allocated - deallocated;
}

// mimalloc: its statistics are compiled out of release builds, but the areas of this thread's heap
// can be visited; each tells its blocks in use. The struct is mi_heap_area_t of mimalloc 2.0.
struct mi_heap_area {
    void* blocks;
    std::size_t reserved;
    std::size_t committed;
    std::size_t used;
    std::size_t block_size;
    std::size_t full_block_size;
};

bool add_area(const void*, const mi_heap_area* area, void*, std::size_t, void* sum) noexcept {
    *static_cast<std::uint64_t*>(sum) += area->used * area->block_size;
    return true;
}

std::optional<std::uint64_t> read_mimalloc() noexcept {
    using visitor = bool(const void*, const mi_heap_area*, void*, std::size_t, void*);
    const auto heap = function<void*()>("mi_heap_get_default");
    const auto visit = function<bool(const void*, bool, visitor*, void*)>("mi_heap_visit_blocks");
    std::uint64_t sum = 0;
    if (heap == nullptr || visit == nullptr || !visit(heap(), false, &add_area, &sum)) {
        return std::nullopt;
    }
    return sum;
}

// gperftools' tcmalloc: bytes in use by the program.
std::optional<std::uint64_t> read_tcmalloc() noexcept {
    const auto property =
        function<int(const char*, std::size_t*)>("MallocExtension_GetNumericProperty");
    std::size_t bytes = 0;
    if (property == nullptr || property("generic.current_allocated_bytes", &bytes) == 0) {
        return std::nullopt;
    }
    return bytes;
}

using counter = std::optional<std::uint64_t>() noexcept;

counter* counter_of(std::string_view name) noexcept {
    return name == "glibc"      ? &read_glibc
           : name == "jemalloc" ? &read_jemalloc
           : name == "mimalloc" ? &read_mimalloc
           : name == "tcmalloc" ? &read_tcmalloc
                                : nullptr;
}

std::string object_of(const char* symbol) {
    Dl_info info{};
    void* const address = ::dlsym(RTLD_DEFAULT, symbol);
    if (address == nullptr || ::dladdr(address, &info) == 0 || info.dli_fname == nullptr) {
        return "nothing";
    }
    std::error_code error;
    const auto real = std::filesystem::canonical(info.dli_fname, error);
    return error ? info.dli_fname : real.string();
}

} // namespace

std::string verify_malloc(std::string_view name, const std::string& library) {
    const std::string wanted(name);
    std::error_code error;
    const auto real = std::filesystem::canonical(library, error);
    if (error) {
        return wanted + ": no file " + library;
    }
    for (const char* const symbol : {"malloc", "free", "calloc", "aligned_alloc"}) {
        const std::string object = object_of(symbol);
        if (object != real.string()) {
            return wanted + ": " + symbol + " comes from " + object + ", not from " + real.string();
        }
    }
    counter* const read = counter_of(name);
    if (read == nullptr) {
        return wanted + ": no counter known";
    }
    constexpr std::size_t test_bytes = 96 * 1024;
    const auto before = read();
    void* volatile block = std::malloc(test_bytes);
    const auto with = read();
    std::free(block);
    const auto after = read();
    if (!before || !with || !after) {
        return wanted + ": its own counter can't be read";
    }
    // Unsigned on purpose: a counter that falls shows as a huge rise.
    const std::uint64_t up = *with - *before;
    const std::uint64_t down = *with - *after;
    const auto plausible = [](std::uint64_t bytes) {
        return bytes >= test_bytes && bytes <= test_bytes + test_bytes / 4;
    };
    if (!plausible(up) || !plausible(down)) {
        return wanted + ": a block of " + std::to_string(test_bytes) +
               " bytes moved its own counter by " + std::to_string(static_cast<std::int64_t>(up)) +
               " and back by " + std::to_string(static_cast<std::int64_t>(down));
    }
    return {};
}

} // namespace ebb::bench
