// Go's tiny blocks: pointer-free objects under 16 bytes share blocks of 16. A block is free when
// all of its objects are dead and the collector has come by.
//
// A chunk of 64 KiB, aligned to its size; the state of a block stands outside of it, because its
// objects may fill it:
//
//     +--------+------------------------------+-----+---------+---------+- - -+
//     | header | state: live, dead bytes, ... | pad | block 0 | block 1 |     |
//     +--------+------------------------------+-----+---------+---------+- - -+
//
// Source of the rules: go1.19's runtime/malloc.go, the tiny allocator.
#pragma once

#if __cplusplus < 201709L // what g++ 10 says of C++20
#error "ebb needs C++20: compile with -std=c++20 or a later standard"
#else

#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/base/intrusive_list.h>
#include <ebb/alloc/ledger/tally.h>

#include <cstddef>
#include <cstdint>
#include <memory_resource>

namespace ebb {

/// The tiny blocks of one go_heap, charged to its tally: a block's 16 bytes when its first object
/// comes, an object's own bytes as requested, its death as dead.
///
/// Invariants, checked by `validate()`:
///  1. In a block, live + dead bytes are at most 16; a free block has neither.
///  2. Each chunk's free blocks are linked once each, and used + free + never used are all of them.
/// Threads: one at a time.
class go_tiny {
  public:
    static constexpr std::size_t block_bytes = 16;

    go_tiny(std::pmr::memory_resource& upstream, tally& counts) noexcept
        : upstream_(&upstream), counts_(&counts) {}
    go_tiny(const go_tiny&) = delete;
    go_tiny& operator=(const go_tiny&) = delete;
    /// Gives every chunk back.
    ~go_tiny();

    /// What `allocate` did for an object.
    struct placed {
        void* object = nullptr;
        bool opened_block = false; ///< a new block of 16 bytes had to be taken
    };

    /// An object of `bytes`, 1 to 15, aligned as Go aligns its size (8, 4, 2 or 1: the largest that
    /// divides it). Throws std::bad_alloc, nothing changed.
    [[nodiscard]] placed allocate(std::size_t bytes);

    /// The object is dead. Stops the program when its block holds no such bytes alive.
    void bury(void* object, std::size_t bytes) noexcept;

    /// Frees the blocks whose objects are all dead; the dead bytes of the others become slack.
    void collect() noexcept;

    /// Bytes of blocks in use, by a walk; stops the program where an invariant is broken.
    [[nodiscard]] std::size_t validate() const;

    /// Chunks held, and what of each is overhead.
    [[nodiscard]] std::size_t mapped_bytes() const noexcept;
    [[nodiscard]] std::size_t overhead_bytes() const noexcept;

  private:
    struct chunk;

    [[nodiscard]] static chunk* chunk_of(const void* p) noexcept;
    chunk* add_chunk();
    void free_block(chunk* c, std::size_t index) noexcept;

    std::pmr::memory_resource* upstream_;
    tally* counts_;
    intrusive_list<chunk> chunks_; // those with free blocks first
    std::byte* open_ = nullptr;    // the block that small objects still fit into
    std::size_t open_used_ = 0;
    std::size_t chunk_count_ = 0;
};

} // namespace ebb

#endif // C++20
