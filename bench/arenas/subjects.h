// What the arena suite measures: ebb's arenas, the standard's and Boost's, and malloc, under one
// face.
//
// Each is called as its containers call it. ebb's and fast_pool_allocator inline; a memory_resource
// through a pointer whose target the compiler can't see, as std::pmr's containers hold it. ebb's
// count every byte meanwhile, and check each free.
#pragma once

#include <ebb/alloc/arena/bump.h>
#include <ebb/alloc/arena/pool.h>
#include <ebb/alloc/arena/sized.h>

#ifdef EBB_BOOST
#include <boost/pool/pool_alloc.hpp>
#endif
#ifdef EBB_BOOST_CONTAINER
#include <boost/container/pmr/monotonic_buffer_resource.hpp>
#include <boost/container/pmr/unsynchronized_pool_resource.hpp>
#endif

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory_resource>
#include <new>
#include <optional>
#include <type_traits>

namespace ebb::bench::arenas {

// A subject is made for blocks of up to so many bytes, allocates, deallocates, and at the end of a
// round may start anew; `below` is what it took from where it takes memory, absent where that can't
// be told.

template <class Arena>
struct ours {
    explicit ours(std::size_t) {}
    void* allocate(std::size_t bytes) { return arena.allocate(bytes, 8); }
    void deallocate(void* p, std::size_t bytes) { arena.deallocate(p, bytes, 8); }
    void end_round() {}
    [[nodiscard]] std::optional<std::uint64_t> below() const { return arena.read().mapped; }
    Arena arena;
};
using sized_subject = ours<ebb::sized>;
struct bump_subject : ours<ebb::bump> {
    using ours::ours;
    void end_round() { arena.reset(); }
};
struct pool_subject {
    explicit pool_subject(std::size_t bytes) : arena(bytes) {}
    void* allocate(std::size_t bytes) { return arena.allocate(bytes, 8); }
    void deallocate(void* p, std::size_t bytes) { arena.deallocate(p, bytes, 8); }
    void end_round() {}
    [[nodiscard]] std::optional<std::uint64_t> below() const { return arena.read().mapped; }
    ebb::pool arena;
};

/// operator new's memory, counted.
template <class Base>
class counted_new final : public Base {
  public:
    std::uint64_t outstanding_bytes = 0;

  private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        outstanding_bytes += bytes;
        return ::operator new(bytes, std::align_val_t(alignment));
    }
    void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
        outstanding_bytes -= bytes;
        ::operator delete(p, std::align_val_t(alignment)); // a sized one clang++ has not
    }
    [[nodiscard]] bool do_is_equal(const Base& other) const noexcept override {
        return this == &other;
    }
};

template <class Base, class Resource, bool EndsInRounds>
struct resource_subject {
    explicit resource_subject(std::size_t) { asm volatile("" : "+r"(face) : : "memory"); }
    void* allocate(std::size_t bytes) { return face->allocate(bytes, 8); }
    void deallocate(void* p, std::size_t bytes) { face->deallocate(p, bytes, 8); }
    void end_round() {
        if constexpr (EndsInRounds) {
            resource.release();
        }
    }
    [[nodiscard]] std::optional<std::uint64_t> below() const { return under.outstanding_bytes; }
    counted_new<Base> under;
    Resource resource{&under};
    Base* face = &resource;
};
using std_monotonic_subject =
    resource_subject<std::pmr::memory_resource, std::pmr::monotonic_buffer_resource, true>;
using std_pool_subject =
    resource_subject<std::pmr::memory_resource, std::pmr::unsynchronized_pool_resource, false>;
#ifdef EBB_BOOST_CONTAINER
namespace boost_pmr = boost::container::pmr;
using boost_monotonic_subject =
    resource_subject<boost_pmr::memory_resource, boost_pmr::monotonic_buffer_resource, true>;
using boost_pool_subject =
    resource_subject<boost_pmr::memory_resource, boost_pmr::unsynchronized_pool_resource, false>;
#endif

#ifdef EBB_BOOST
struct counted_blocks {
    using size_type = std::size_t;
    using difference_type = std::ptrdiff_t;
    static inline std::uint64_t outstanding_bytes = 0;
    static char* malloc(size_type bytes) {
        outstanding_bytes += bytes;
        return new (std::nothrow) char[bytes];
    }
    static void free(char* block) { delete[] block; }
};
/// Of one size, in a pool that all of it share; without a lock, as the others.
template <std::size_t Bytes>
struct fast_pool_subject {
    struct block {
        alignas(8) std::byte bytes[Bytes];
    };
    using allocator =
        boost::fast_pool_allocator<block, counted_blocks, boost::details::pool::null_mutex>;
    explicit fast_pool_subject(std::size_t) {}
    static void* allocate(std::size_t) { return allocator::allocate(); }
    static void deallocate(void* p, std::size_t) { allocator::deallocate(static_cast<block*>(p)); }
    void end_round() {}
    [[nodiscard]] static std::optional<std::uint64_t> below() {
        return counted_blocks::outstanding_bytes;
    }
};
#endif

struct malloc_subject {
    explicit malloc_subject(std::size_t) {}
    static void* allocate(std::size_t bytes) { return std::malloc(bytes); }
    static void deallocate(void* p, std::size_t) { std::free(p); }
    void end_round() {}
    [[nodiscard]] static std::optional<std::uint64_t> below() { return {}; }
};

} // namespace ebb::bench::arenas
