// What the contract suite runs on: one subject an arena. A new arena is a subject here and a line
// in `subjects`.
#pragma once

#include <ebb/alloc/arena/bump.h>
#include <ebb/alloc/arena/collected.h>
#include <ebb/alloc/arena/go_heap.h>
#include <ebb/alloc/arena/malloc_arena.h>
#include <ebb/alloc/arena/page_memory.h>
#include <ebb/alloc/arena/pool.h>
#include <ebb/alloc/arena/sized.h>

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>

namespace tests {

/// What most arenas do; a subject says where it differs.
struct subject_base {
    static constexpr std::size_t max_bytes = 200'000;
    static constexpr std::size_t max_alignment = ebb::max_alignment;
    /// `mapped` is what the upstream has out.
    static constexpr bool on_upstream = true;
    /// A freed block's bytes serve the next of its size.
    static constexpr bool reuses = true;
    static constexpr bool keeps_large = false; // for the next: more may be mapped than is in blocks
    /// requested + slack is the sum of slot_bytes over the live blocks.
    static constexpr bool slots_are_all = true;
    /// `dead` is what `freed` adds up to; else it may fall within a step too.
    static constexpr bool dead_is_known = true;
    /// Steps between two calls of `restart`.
    static constexpr std::size_t restart_every = SIZE_MAX;

    void allocated(const void*, std::size_t) {}
    /// How many bytes turn dead when this block is freed.
    std::uint64_t freed(const void*, std::size_t) { return 0; }
    /// All blocks are gone at once, freed or not.
    template <class A>
    void restart(A&) {}
    /// No block is live: makes `trim` find everything empty.
    template <class A>
    void settle(A&) {}
};

struct bump_subject : subject_base {
    static constexpr const char* name = "bump";
    static constexpr bool reuses = false;
    static constexpr bool slots_are_all = false;
    static constexpr std::size_t restart_every = 10'000;
    explicit bump_subject(std::pmr::memory_resource& upstream) : arena(upstream) {}

    void allocated(const void* p, std::size_t slot) {
        cursor = static_cast<const std::byte*>(p) + slot;
    }
    std::uint64_t freed(const void* p, std::size_t slot) {
        if (static_cast<const std::byte*>(p) + slot != cursor) {
            return slot;
        }
        cursor = static_cast<const std::byte*>(p);
        return 0;
    }
    void restart(ebb::bump& b) {
        b.reset();
        cursor = nullptr;
    }
    void settle(ebb::bump& b) { restart(b); }

    ebb::bump arena;
    const std::byte* cursor = nullptr;
};

struct pool_subject : subject_base {
    static constexpr const char* name = "pool";
    static constexpr std::size_t max_bytes = 96;
    static constexpr std::size_t max_alignment = 32;
    explicit pool_subject(std::pmr::memory_resource& upstream) : arena(96, 32, upstream) {}
    ebb::pool arena;
};

struct page_pool_subject : subject_base {
    static constexpr const char* name = "page_pool";
    static constexpr std::size_t max_bytes = 4096;
    static constexpr std::size_t max_alignment = 4096;
    explicit page_pool_subject(std::pmr::memory_resource& upstream) : arena(4096, 4096, upstream) {}
    ebb::pool arena;
};

struct sized_subject : subject_base {
    static constexpr const char* name = "sized";
    static constexpr bool keeps_large = true;
    explicit sized_subject(std::pmr::memory_resource& upstream) : arena(upstream) {}
    ebb::sized arena;
};

struct malloc_subject : subject_base {
    static constexpr const char* name = "malloc_arena";
    static constexpr bool on_upstream = false;
    static constexpr bool reuses = false;
    explicit malloc_subject(std::pmr::memory_resource&) {}
    ebb::malloc_arena arena;
};

struct page_memory_subject : subject_base {
    static constexpr const char* name = "page_memory";
    static constexpr bool on_upstream = false;
    static constexpr bool reuses = false;
    explicit page_memory_subject(std::pmr::memory_resource&) {}
    ebb::page_memory arena;
};

/// A collector's arena: what is freed turns dead, and may be taken in any later step.
struct collected_base : subject_base {
    static constexpr bool dead_is_known = false;
    static constexpr bool reuses = false;
    template <class A>
    void settle(A& a) {
        a.collect();
    }
};

struct go_heap_subject : collected_base {
    static constexpr const char* name = "go_heap";
    explicit go_heap_subject(std::pmr::memory_resource& upstream) : arena(upstream) {}
    ebb::go_heap arena;
};

struct collected_sized_subject : collected_base {
    static constexpr const char* name = "collected_sized";
    static constexpr bool keeps_large = true;
    explicit collected_sized_subject(std::pmr::memory_resource& upstream) : arena(upstream) {}
    ebb::collected<ebb::sized> arena;
};

struct collected_malloc_subject : collected_base {
    static constexpr const char* name = "collected_malloc";
    static constexpr bool on_upstream = false;
    explicit collected_malloc_subject(std::pmr::memory_resource&) {}
    ebb::collected<ebb::malloc_arena> arena;
};

using subjects = ::testing::Types<bump_subject, pool_subject, page_pool_subject, sized_subject,
                                  malloc_subject, page_memory_subject, go_heap_subject,
                                  collected_sized_subject, collected_malloc_subject>;

} // namespace tests
