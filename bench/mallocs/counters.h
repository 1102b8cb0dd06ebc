// What a malloc says of itself: bytes in use, by the counter that each library keeps.
//
// Header-only and without a call into the C++ library: the witness (bench/witness) reads them from
// inside of any program. Whoever reads says how the libraries' functions are found.
// Cost: a call of the library's own; none allocates. Threads: as the library's function.
#pragma once

#include <ebb/alloc/ledger/ebb.h>

#include <malloc.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ebb::bench {

/// mi_heap_area_t of mimalloc 2.0.
struct mi_heap_area {
    void* blocks;
    std::size_t reserved;
    std::size_t committed;
    std::size_t used;
    std::size_t block_size;
    std::size_t full_block_size;
};

/// The functions that tell, by their libraries' names; null where a process hasn't got one.
struct counter_functions {
    using mi_visitor = bool(const void*, const mi_heap_area*, void*, std::size_t, void*);
    struct mallinfo2 (*mallinfo2)();
    int (*mallctl)(const char*, void*, std::size_t*, void*, std::size_t);
    void* (*mi_heap_get_default)();
    bool (*mi_heap_visit_blocks)(const void*, bool, mi_visitor*, void*);
    int (*malloc_extension_get_numeric_property)(const char*, std::size_t*);
    int (*ebb_heap_ledger)(struct ebb_ledger*, std::size_t);
};

/// A counter: bytes in use, or absent when it can't be read.
using counter = std::optional<std::uint64_t>(const counter_functions&) noexcept;

// glibc: bytes in use in its arenas and in blocks that it mapped on their own.
inline std::optional<std::uint64_t> read_glibc(const counter_functions& f) noexcept {
    if (f.mallinfo2 == nullptr) {
        return std::nullopt;
    }
    const struct mallinfo2 info = f.mallinfo2();
    return info.uordblks + info.hblkhd;
}

// jemalloc: what this thread ever allocated less what it ever gave back.
inline std::optional<std::uint64_t> read_jemalloc(const counter_functions& f) noexcept {
    std::uint64_t allocated = 0;
    std::uint64_t deallocated = 0;
    std::size_t size = sizeof allocated;
    if (f.mallctl == nullptr || f.mallctl("thread.allocated", &allocated, &size, nullptr, 0) != 0 ||
        f.mallctl("thread.deallocated", &deallocated, &size, nullptr, 0) != 0) {
        return std::nullopt;
    }
    return allocated - deallocated;
}

// mimalloc: its statistics are compiled out of release builds, but the areas of this thread's heap
// can be visited; each tells its blocks in use.
inline bool add_mi_area(const void*, const mi_heap_area* area, void*, std::size_t,
                        void* sum) noexcept {
    *static_cast<std::uint64_t*>(sum) += area->used * area->block_size;
    return true;
}

inline std::optional<std::uint64_t> read_mimalloc(const counter_functions& f) noexcept {
    std::uint64_t sum = 0;
    if (f.mi_heap_get_default == nullptr || f.mi_heap_visit_blocks == nullptr ||
        !f.mi_heap_visit_blocks(f.mi_heap_get_default(), false, &add_mi_area, &sum)) {
        return std::nullopt;
    }
    return sum;
}

// gperftools' tcmalloc: bytes in use by the program.
inline std::optional<std::uint64_t> read_tcmalloc(const counter_functions& f) noexcept {
    std::size_t bytes = 0;
    if (f.malloc_extension_get_numeric_property == nullptr ||
        f.malloc_extension_get_numeric_property("generic.current_allocated_bytes", &bytes) == 0) {
        return std::nullopt;
    }
    return bytes;
}

// ebb: what the program asked for.
inline std::optional<std::uint64_t> read_ebb(const counter_functions& f) noexcept {
    ebb_ledger ledger;
    if (f.ebb_heap_ledger == nullptr || f.ebb_heap_ledger(&ledger, sizeof ledger) != 0 ||
        ledger.requested == EBB_ABSENT) {
        return std::nullopt;
    }
    return ledger.requested;
}

/// The counter of the malloc of that name, or null.
inline counter* counter_of(std::string_view name) noexcept {
    return name == "glibc"      ? &read_glibc
           : name == "jemalloc" ? &read_jemalloc
           : name == "mimalloc" ? &read_mimalloc
           : name == "tcmalloc" ? &read_tcmalloc
           : name == "ebb"      ? &read_ebb
                                : nullptr;
}

} // namespace ebb::bench
